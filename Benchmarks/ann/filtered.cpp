// hnswlib's filtered search without Python's callback, which would be most of its time.
// Usage: filtered FOLDER DIMENSIONS K EF   reads FOLDER/graph, queries, allowed and allowed_truth; one line of JSON.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "hnswlib/hnswlib.h"

template <typename Number>
static std::vector<Number> read(const std::string &path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    std::vector<Number> numbers(size_t(file.tellg()) / sizeof(Number));
    file.seekg(0);
    file.read(reinterpret_cast<char *>(numbers.data()), std::streamsize(numbers.size() * sizeof(Number)));
    return numbers;
}

struct Allowed : hnswlib::BaseFilterFunctor {
    std::vector<uint8_t> bits;
    bool operator()(hnswlib::labeltype key) override { return bits[key] != 0; }
};

int main(int count, char **words) {
    if (count != 5) return 2;
    const std::string folder = words[1];
    const size_t dimensions = std::strtoul(words[2], nullptr, 10), k = std::strtoul(words[3], nullptr, 10);
    hnswlib::InnerProductSpace space(dimensions);
    hnswlib::HierarchicalNSW<float> index(&space, folder + "/graph");
    index.ef_ = std::strtoul(words[4], nullptr, 10);
    const auto queries = read<float>(folder + "/queries");
    const auto truth = read<int32_t>(folder + "/allowed_truth");
    Allowed allowed;
    allowed.bits = read<uint8_t>(folder + "/allowed");
    const size_t asked = queries.size() / dimensions < 50 ? queries.size() / dimensions : 50;
    size_t hits = 0;
    double seconds = 0;
    for (size_t query = 0; query < asked; ++query) {
        const auto start = std::chrono::steady_clock::now();
        auto found = index.searchKnn(queries.data() + query * dimensions, k, &allowed);
        seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const std::set<int32_t> best(truth.begin() + query * k, truth.begin() + (query + 1) * k);
        for (; !found.empty(); found.pop()) hits += best.count(int32_t(found.top().second));
    }
    std::printf("{\"name\": \"filter\", \"recall\": %f, \"queries_per_second\": %f, \"ef\": %s}\n",
                double(hits) / double(asked * k), double(asked) / seconds, words[4]);
}
