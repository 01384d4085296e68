/* No console is packed: the machine that built this has no npm packages of the console and no packed console of an earlier build. */
#include "web/web_console.h"

const struct console_file console_files[] = { { 0 } };
const size_t console_file_count = 0;
