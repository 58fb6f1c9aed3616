/* Files that the build puts into the binary: schema.sql, the default fixtures, the OpenAPI template,
 * the console. */
#ifndef CRMOCK_BASE_EMBEDDED_H
#define CRMOCK_BASE_EMBEDDED_H

#include <stddef.h>

#include "base/attrs.h"

struct embedded_file {
    const char *path;       /* as in the source tree: "fixtures/enterprise/org.json"; what was packed by
                             * gzip has .gz behind it */
    const char *text, *end; /* a zero byte stands at the end */
};

extern const struct embedded_file embedded_files[];
extern const size_t embedded_count;

/* Stands for all that crmock was built from: another source, another text. */
extern const char source_digest[];

/* The file of that path, or NULL. */
MUSTCHECK const struct embedded_file *embedded_find(const char *path);

#endif
