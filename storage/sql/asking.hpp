#pragma once

#include "storage/sql/sql_store.hpp"

#include <algorithm>

/// How reads become statements and their rows results.
namespace cadenza::storage::sql {

/// One row more than is told shows whether there are more.
[[nodiscard]] inline argument one_more(int limit) { return argument::large(std::int64_t{std::max(limit, 1)} + 1); }

template <class Result> Result not_read(const exchange& how) {
  Result out;
  out.outcome = status::unavailable;
  out.message = how.message;
  return out;
}

template <class Result> Result damaged(const char* what) {
  Result out;
  out.outcome = status::corrupted;
  out.message = std::string("damaged ") + what;
  return out;
}

template <class Result, class Make>
void sql_store::ask(std::size_t place, const char* name, step what, done<Result> cb, Make make) {
  databases_[place].readers->submit(name, std::move(what),
                                    [cb = std::move(cb), make = std::move(make)](const exchange& how) {
                                      if (how.how != ended::done) {
                                        cb(not_read<Result>(how));
                                        return;
                                      }
                                      cb(make(how.rows.at(0)));
                                    });
}

/// `make(rows, i, out)` makes a row; for the one beyond the page it makes the token of the next.
template <class Row, class Make>
void sql_store::ask_page(std::size_t place, const char* name, step what, int limit, done<page<Row>> cb, Make make) {
  const auto most = static_cast<std::size_t>(std::max(limit, 1));
  ask<page<Row>>(place, name, std::move(what), std::move(cb), [most, make = std::move(make)](const row_set& rows) {
    page<Row> out;
    for (std::size_t i = 0; i < std::min(rows.size(), most); ++i)
      out.rows.push_back(make.row(rows, i));
    if (rows.size() > most)
      out.next = make.token(rows, most);
    return out;
  });
}

/// How a page is made: its rows, and where the next one begins.
template <class MakeRow, class MakeToken> struct page_maker {
  MakeRow row;
  MakeToken token;
};
template <class MakeRow, class MakeToken> page_maker(MakeRow, MakeToken) -> page_maker<MakeRow, MakeToken>;

} // namespace cadenza::storage::sql
