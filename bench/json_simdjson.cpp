// simdjson beside our reader: its tree of the same text, with a parser that keeps its memory as our arena does. Only where the library is
// installed; nothing else of the repository is C++.
#include <simdjson.h>

extern "C" bool simdjson_reads(const char *text, size_t len);

bool simdjson_reads(const char *text, size_t len)
{
	static simdjson::dom::parser parser;
	simdjson::dom::element tree;

	return parser.parse(text, len).get(tree) == simdjson::SUCCESS;
}
