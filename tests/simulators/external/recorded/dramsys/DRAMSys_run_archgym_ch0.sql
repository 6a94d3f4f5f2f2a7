BEGIN TRANSACTION;
CREATE TABLE GeneralInfo(
                NumberOfRanks INTEGER,
                NumberOfBankgroups INTEGER,
                NumberOfBanks INTEGER,
                clk INTEGER,
                UnitOfTime TEXT,
                MCconfig TEXT,
                Memspec TEXT,
                Traces TEXT,
                WindowSize INTEGER,
                RefreshMaxPostponed INTEGER,
                RefreshMaxPulledin INTEGER,
                ControllerThread INTEGER,
                MaxBufferDepth INTEGER,
                Per2BankOffset INTEGER,
                RowColumnCommandBus BOOL,
                PseudoChannelMode BOOL
        );
INSERT INTO "GeneralInfo" VALUES(1,1,8,1250,'PS','{"mcconfig":{"Arbiter":"Simple","ArbitrationDelayBw":0,"ArbitrationDelayFw":0,"CmdMux":"Oldest","HighWatermark":8,"LowWatermark":2,"MaxActiveTransactions":128,"PagePolicy":"OpenAdaptive","PhyDelayBw":0,"PhyDelayFw":0,"PowerDownPolicy":"NoPowerDown","RefreshManagement":false,"RefreshMaxPostponed":0,"RefreshMaxPulledin":0,"RefreshPolicy":"AllBank","RequestBufferSize":8,"RequestBufferSizeRead":8,"RequestBufferSizeWrite":8,"RespQueue":"Fifo","Scheduler":"FrFcfs","SchedulerBuffer":"Bankwise","ThinkDelayBw":0,"ThinkDelayFw":1}}','{"memspec":{"memarchitecturespec":{"burstLength":8,"dataRate":2,"maxBurstLength":8,"nbrOfBanks":8,"nbrOfChannels":1,"nbrOfColumns":1024,"nbrOfDevices":8,"nbrOfRanks":1,"nbrOfRows":16384,"width":8},"memoryId":"MICRON_1Gb_DDR3-1600_8bit_G","memoryType":"DDR3","memtimingspec":{"ACTPDEN":1,"AL":0,"CCD":4,"CKE":3,"CKESR":4,"DQSCK":0,"FAW":24,"PRPDEN":1,"RAS":28,"RC":38,"RCD":10,"REFI":6240,"REFPDEN":1,"RFC":88,"RL":10,"RP":10,"RRD":5,"RTP":6,"RTRS":1,"WL":8,"WR":12,"WTR":6,"XP":6,"XPDLL":20,"XS":96,"XSDLL":512,"tCK":1.25e-09}}}','archgym',0,0,0,-1,8,0,0,0);
CREATE TABLE Phases(
                ID INTEGER PRIMARY KEY,
                PhaseName TEXT,
                PhaseBegin INTEGER,
                PhaseEnd INTEGER,
                DataStrobeBegin INTEGER,
                DataStrobeEnd INTEGER,
                Rank INTEGER,
                BankGroup INTEGER,
                Bank INTEGER,
                Row INTEGER,
                Column INTEGER,
                BurstLength INTEGER,
                Transact INTEGER
        );
INSERT INTO "Phases" VALUES(1,'REQ',0,1250,0,0,0,0,0,0,0,0,1);
INSERT INTO "Phases" VALUES(2,'ACT',1250,13750,0,0,0,0,0,0,0,8,1);
INSERT INTO "Phases" VALUES(3,'RD',13750,31250,26250,31250,0,0,0,0,0,8,1);
INSERT INTO "Phases" VALUES(4,'RESP',31250,32500,0,0,0,0,0,0,0,0,1);
INSERT INTO "Phases" VALUES(5,'REQ',2500,3750,0,0,0,0,0,0,0,0,2);
INSERT INTO "Phases" VALUES(6,'ACT',7500,20000,0,0,0,0,1,0,0,8,2);
INSERT INTO "Phases" VALUES(7,'RD',20000,37500,32500,37500,0,0,1,0,0,8,2);
INSERT INTO "Phases" VALUES(8,'RESP',37500,38750,0,0,0,0,0,0,0,0,2);
INSERT INTO "Phases" VALUES(9,'REQ',5000,6250,0,0,0,0,0,0,0,0,3);
INSERT INTO "Phases" VALUES(10,'WR',30000,45000,40000,45000,0,0,0,0,8,8,3);
INSERT INTO "Phases" VALUES(11,'RESP',45000,46250,0,0,0,0,0,0,0,0,3);
INSERT INTO "Phases" VALUES(12,'REQ',76250,77500,0,0,0,0,0,0,0,0,6);
INSERT INTO "Phases" VALUES(13,'RD',77500,95000,90000,95000,0,0,1,0,512,8,6);
INSERT INTO "Phases" VALUES(14,'RESP',95000,96250,0,0,0,0,0,0,0,0,6);
INSERT INTO "Phases" VALUES(15,'REQ',50000,51250,0,0,0,0,0,0,0,0,4);
INSERT INTO "Phases" VALUES(16,'PREPB',60000,72500,0,0,0,0,0,16,0,8,4);
INSERT INTO "Phases" VALUES(17,'ACT',72500,85000,0,0,0,0,0,16,0,8,4);
INSERT INTO "Phases" VALUES(18,'RD',85000,102500,97500,102500,0,0,0,16,0,8,4);
INSERT INTO "Phases" VALUES(19,'RESP',102500,103750,0,0,0,0,0,0,0,0,4);
INSERT INTO "Phases" VALUES(20,'REQ',75000,76250,0,0,0,0,0,0,0,0,5);
INSERT INTO "Phases" VALUES(21,'WR',95000,110000,105000,110000,0,0,0,16,8,8,5);
INSERT INTO "Phases" VALUES(22,'RESP',110000,111250,0,0,0,0,0,0,0,0,5);
INSERT INTO "Phases" VALUES(23,'REQ',500000,501250,0,0,0,0,0,0,0,0,7);
INSERT INTO "Phases" VALUES(24,'PREPB',501250,513750,0,0,0,0,0,0,0,8,7);
INSERT INTO "Phases" VALUES(25,'ACT',513750,526250,0,0,0,0,0,0,0,8,7);
INSERT INTO "Phases" VALUES(26,'RDA',526250,546250,538750,543750,0,0,0,0,0,8,7);
INSERT INTO "Phases" VALUES(27,'RESP',543750,545000,0,0,0,0,0,0,0,0,7);
INSERT INTO "Phases" VALUES(28,'REQ',501250,502500,0,0,0,0,0,0,0,0,8);
INSERT INTO "Phases" VALUES(29,'ACT',561250,573750,0,0,0,0,0,32,0,8,8);
INSERT INTO "Phases" VALUES(30,'WR',573750,588750,583750,588750,0,0,0,32,0,8,8);
INSERT INTO "Phases" VALUES(31,'RESP',588750,590000,0,0,0,0,0,0,0,0,8);
CREATE TABLE Transactions(
                ID INTEGER,
                Range INTEGER,
                Address INTEGER,
                DataLength INTEGER,
                Thread INTEGER,
                Channel INTEGER,
                TimeOfGeneration INTEGER,
                Command TEXT
        );
INSERT INTO "Transactions" VALUES(1,1,0,64,0,0,0,'R');
INSERT INTO "Transactions" VALUES(2,2,8192,64,0,0,2500,'R');
INSERT INTO "Transactions" VALUES(3,3,64,64,0,0,5000,'W');
INSERT INTO "Transactions" VALUES(6,6,12288,64,0,0,76250,'R');
INSERT INTO "Transactions" VALUES(4,4,1048576,64,0,0,50000,'R');
INSERT INTO "Transactions" VALUES(5,5,1048640,64,0,0,75000,'W');
INSERT INTO "Transactions" VALUES(7,7,0,64,0,0,500000,'R');
INSERT INTO "Transactions" VALUES(8,8,2097152,64,0,0,501250,'W');
COMMIT;
