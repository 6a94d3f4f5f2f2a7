// Sorts 65,536 records by a 64-bit key: merges of ever longer runs, between two arrays.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "seeded.hpp"

struct Record {
  std::uint64_t key;
  std::uint64_t value;
};

int main(int count, char** arguments) {
  std::vector<Record> records(1 << 16);
  Seeded seeded;
  for (std::size_t i = 0; i < records.size(); ++i) records[i] = {seeded.next(), i};
  if (count > 1 && std::strcmp(arguments[1], "setup") == 0) return 0;
  std::stable_sort(records.begin(), records.end(),
                   [](const Record& a, const Record& b) { return a.key < b.key; });
  std::printf("%llx\n", static_cast<unsigned long long>(records[records.size() / 2].key));
}
