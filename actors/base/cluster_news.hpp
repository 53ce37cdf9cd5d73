#pragma once

namespace cadenza::actors {

/// What one node changes in the store and all nodes have in memory.
enum class cluster_news {
  domains,
  documents, ///< what operators set at run time
};

} // namespace cadenza::actors
