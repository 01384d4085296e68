/* yaml_scalar: what an unquoted word of YAML means. Shared by the reader and the writer, which must agree. */
#ifndef SUTURE_CODEC_YAML_SCALAR_H
#define SUTURE_CODEC_YAML_SCALAR_H

#include "codec/json.h"

enum yaml_scalar {
	YAML_SCALAR_TEXT,
	YAML_SCALAR_NULL,
	YAML_SCALAR_FALSE,
	YAML_SCALAR_TRUE,
	YAML_SCALAR_NUMBER,
	YAML_SCALAR_ODD_NUMBER, /* a number for YAML's core schema but not for JSON: 02134, +1, 0x1f, .5, .inf */
};

enum yaml_scalar yaml_scalar_of(struct str plain);
enum json_kind yaml_scalar_kind(enum yaml_scalar scalar);
/* Would this text, written without quotes, be read as something else: by us or by another reader (YAML 1.1's yes/no)? */
bool yaml_scalar_needs_quotes(struct str text);

#endif
