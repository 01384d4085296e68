#!/bin/sh
# tools/check-layers refuses what src/LAYERS does not allow.
# shellcheck source=../lib/checks.sh
. "$(dirname "$0")/../lib/checks.sh"

put src/LAYERS <<'EOF'
lib:
codec: lib
app: lib codec
EOF
put src/codec/json.c <<'EOF'
#include "codec/json.h"
#include "lib/str.h"
#include <stdio.h>
EOF
accepts "layers: a folder may include itself and what its line names" "$tools/check-layers" "$root"

put src/lib/str.c <<'EOF'
#include "lib/str.h"
#include "codec/json.h"
EOF
refuses "layers: an include that goes up is found with its line" "src/lib/str.c:2: lib may not include codec" \
	"$tools/check-layers" "$root"
rm "$root/src/lib/str.c"

put src/extra/extra.c <<'EOF'
int extra;
EOF
refuses "layers: a folder without a line is found" "src/extra has no line" "$tools/check-layers" "$root"
rm -r "$root/src/extra"

put src/LAYERS <<'EOF'
lib: codec
codec: lib
EOF
refuses "layers: an arrow that points down the list is found" "lib names codec, which is not above it" \
	"$tools/check-layers" "$root"
finish
