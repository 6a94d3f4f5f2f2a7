// Joins two tables by a key: a hash table of the smaller one, probed by the rows of the larger.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "seeded.hpp"

struct Customer {
  std::uint64_t key;
  std::uint64_t region;
};

struct Sale {
  std::uint64_t customer;
  std::uint64_t price;
};

// Open addressing, probed line by line, half full.
class Table {
 public:
  explicit Table(std::size_t rows) : slots_(2 * rows), mask_(2 * rows - 1) {}

  void insert(const Customer& row) {
    std::size_t at = hash(row.key);
    while (slots_[at].key != 0) at = (at + 1) & mask_;
    slots_[at] = row;
  }

  const Customer* find(std::uint64_t key) const {
    for (std::size_t at = hash(key); slots_[at].key != 0; at = (at + 1) & mask_)
      if (slots_[at].key == key) return &slots_[at];
    return nullptr;
  }

 private:
  std::size_t hash(std::uint64_t key) const { return (key * 0x9e3779b97f4a7c15 >> 32) & mask_; }

  std::vector<Customer> slots_;
  std::size_t mask_;
};

int main(int count, char** arguments) {
  constexpr std::size_t kCustomers = 1 << 16;
  constexpr std::size_t kSales = 1 << 17;
  Seeded seeded;
  std::vector<Customer> customers(kCustomers);
  for (std::size_t i = 0; i < kCustomers; ++i) customers[i] = {2 * i + 1, seeded.below(16)};
  // Half of the sales find their customer.
  std::vector<Sale> sales(kSales);
  for (Sale& sale : sales) sale = {1 + seeded.below(2 * kCustomers), seeded.below(1000)};
  Table table(kCustomers);
  if (count > 1 && std::strcmp(arguments[1], "setup") == 0) return 0;
  for (const Customer& customer : customers) table.insert(customer);
  std::uint64_t revenue[16] = {};
  for (const Sale& sale : sales)
    if (const Customer* customer = table.find(sale.customer))
      revenue[customer->region] += sale.price;
  for (const std::uint64_t sum : revenue)
    std::printf("%llu\n", static_cast<unsigned long long>(sum));
}
