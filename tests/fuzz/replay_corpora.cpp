#include "target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

/// Plays every kept input through its target. Fails when a target has no inputs or a folder has no target; an input
/// that breaks something ends the program with the input's name as the last line printed.
int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  if (argc != 2) {
    std::cerr << "usage: replay_corpora FOLDER\n";
    return 2;
  }
  const fs::path root = argv[1];
  std::vector<std::string> known;
  int problems = 0;
  std::size_t played = 0;
  for (const auto* target = cadenza::fuzz::target::first(); target != nullptr; target = target->next) {
    known.emplace_back(target->name);
    std::vector<fs::path> files;
    if (fs::is_directory(root / target->name)) {
      for (const auto& file : fs::directory_iterator(root / target->name))
        files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) {
      std::cout << target->name << ": no inputs are kept for this target\n";
      ++problems;
    }
    for (const auto& file : files) {
      std::ifstream in(file, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      std::cout << target->name << "/" << file.filename().string() << std::endl;
      target->run(bytes);
      ++played;
    }
  }
  for (const auto& folder : fs::directory_iterator(root)) {
    if (std::find(known.begin(), known.end(), folder.path().filename().string()) == known.end()) {
      std::cout << folder.path().filename().string() << ": there is no such target\n";
      ++problems;
    }
  }
  std::cout << known.size() << " targets, " << played << " inputs, " << problems << " problems\n";
  return problems == 0 && played > 0 ? 0 : 1;
}
