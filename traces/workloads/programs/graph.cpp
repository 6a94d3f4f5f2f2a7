// Breadth-first search, or PageRank by pulling, on a graph whose degrees are as uneven as those of
// social networks: R-MAT (Chakrabarti, Zhan and Faloutsos, SDM 2004) with Graph 500's parameters.
//
//   graph make FILE                            makes the graph
//   graph setup | bfs | pagerank FILE          reads it; searches it; or ranks its vertices
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "seeded.hpp"

using Vertex = std::uint32_t;

constexpr int kScale = 17;
constexpr std::size_t kVertices = std::size_t{1} << kScale;
constexpr std::size_t kEdges = 8 * kVertices;

// Compressed sparse rows: the neighbours of v are those from first[v] to first[v + 1].
struct Graph {
  std::vector<Vertex> first = std::vector<Vertex>(kVertices + 1);
  std::vector<Vertex> neighbour = std::vector<Vertex>(2 * kEdges);
};

Graph make() {
  Seeded seeded;
  std::vector<std::pair<Vertex, Vertex>> edges(kEdges);
  for (auto& [from, to] : edges) {
    from = to = 0;
    for (int bit = 0; bit < kScale; ++bit) {
      const std::uint64_t quadrant = seeded.below(100);
      from = from << 1 | (quadrant >= 76);
      to = to << 1 | ((quadrant >= 57 && quadrant < 76) || quadrant >= 95);
    }
    // Otherwise vertices of high degree would lie side by side; odd, so that none is lost.
    from = from * 0x9e3779b1u & (kVertices - 1);
    to = to * 0x9e3779b1u & (kVertices - 1);
  }
  // Counts, then ends, which move down to beginnings as the edges are put in.
  Graph graph;
  for (const auto& [from, to] : edges) ++graph.first[from], ++graph.first[to];
  Vertex end = 0;
  for (Vertex& first : graph.first) first = end += first;
  for (const auto& [from, to] : edges) {
    graph.neighbour[--graph.first[from]] = to;
    graph.neighbour[--graph.first[to]] = from;
  }
  return graph;
}

bool save(const Graph& graph, std::FILE* file) {
  return std::fwrite(graph.first.data(), sizeof(Vertex), graph.first.size(), file) ==
             graph.first.size() &&
         std::fwrite(graph.neighbour.data(), sizeof(Vertex), graph.neighbour.size(), file) ==
             graph.neighbour.size();
}

bool load(Graph& graph, std::FILE* file) {
  return std::fread(graph.first.data(), sizeof(Vertex), graph.first.size(), file) ==
             graph.first.size() &&
         std::fread(graph.neighbour.data(), sizeof(Vertex), graph.neighbour.size(), file) ==
             graph.neighbour.size();
}

std::size_t search(const Graph& graph) {
  constexpr Vertex kNone = ~Vertex{0};
  std::vector<Vertex> parent(kVertices, kNone);
  std::vector<Vertex> queue;
  queue.reserve(kVertices);
  Vertex root = 0;
  while (graph.first[root] == graph.first[root + 1]) ++root;
  parent[root] = root;
  queue.push_back(root);
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const Vertex v = queue[at];
    for (Vertex edge = graph.first[v]; edge < graph.first[v + 1]; ++edge) {
      const Vertex next = graph.neighbour[edge];
      if (parent[next] != kNone) continue;
      parent[next] = v;
      queue.push_back(next);
    }
  }
  return queue.size();
}

double rank(const Graph& graph) {
  constexpr double kDamping = 0.85;
  std::vector<double> rank(kVertices, 1.0 / kVertices), share(kVertices);
  for (int iteration = 0; iteration < 2; ++iteration) {
    for (std::size_t v = 0; v < kVertices; ++v) {
      const Vertex degree = graph.first[v + 1] - graph.first[v];
      share[v] = degree == 0 ? 0 : rank[v] / degree;
    }
    for (std::size_t v = 0; v < kVertices; ++v) {
      double sum = 0;
      for (Vertex edge = graph.first[v]; edge < graph.first[v + 1]; ++edge)
        sum += share[graph.neighbour[edge]];
      rank[v] = (1 - kDamping) / kVertices + kDamping * sum;
    }
  }
  double highest = 0;
  for (const double value : rank) highest = value > highest ? value : highest;
  return highest;
}

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::string_view task = arguments[1];
  std::FILE* file = std::fopen(arguments[2], task == "make" ? "wb" : "rb");
  if (file == nullptr) return 1;
  if (task == "make") return save(make(), file) && std::fclose(file) == 0 ? 0 : 1;
  Graph graph;
  if (!load(graph, file)) return 1;
  if (task == "bfs") std::printf("%zu\n", search(graph));
  if (task == "pagerank") std::printf("%.17g\n", rank(graph));
}
