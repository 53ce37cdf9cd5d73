/// How the allocator (jemalloc) keeps memory; it reads this text before `main`. Few arenas: the server has few busy
/// threads, and each arena keeps pages of its own.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:2";
