/* Files that the build puts into the binary: schema.sql and the default fixtures. */
#ifndef CRMOCK_STORE_EMBEDDED_H
#define CRMOCK_STORE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *path;       /* as in the source tree: "fixtures/enterprise/org.json" */
    const char *text, *end; /* a zero byte stands at the end */
};

extern const struct embedded_file embedded_files[];
extern const size_t embedded_count;

#endif
