/*
 * The zstd dictionaries, by number. A dictionary that ever sealed a box is never changed: a better one is a new file,
 * a new row and a new format byte (box.c). tools/train-dict.c makes them.
 */
#ifndef SUTURE_CODEC_BOX_DICTIONARY_H
#define SUTURE_CODEC_BOX_DICTIONARY_H

#include "lib/str.h"

/* From patients-1.dict: patients of Hint and contacts of Salesforce. */
struct str box_dictionary_1(void);

#endif
