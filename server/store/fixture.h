/* Fixtures: folders of JSON files that describe orgs, loaded into a new store. */
#ifndef CRMOCK_STORE_FIXTURE_H
#define CRMOCK_STORE_FIXTURE_H

#include "base/json.h"
#include "store/org.h"

struct fixture_source {
    /* A folder of one org's files, or of folders with one org each; NULL: those in the binary. */
    const char *folder;
    int64_t now;          /* Created_Time of what says none, seconds */
    int64_t milliseconds; /* of that second: what is given for a while ends that much later */
};

/* The rules that fixtures must obey like any request. They are the crm room's, handed down. Each says
 * what was expected (arena-owned or static) when it answers false. */
struct fixture_rules {
    bool (*value)(const struct field *field, const cJSON *value, struct arena *arena,
                  const char **expected);
    /* What a record keeps of such a value (owned); NULL: the value as it is. */
    cJSON *(*kept)(const struct field *field, const cJSON *value, const struct zone *zone);
    /* A record must have a value of the field, and this (NULL: none) is none. */
    bool (*missing)(const struct field *field, const cJSON *value);
    /* The values of a record on that layout go together; else *field is the one at fault. */
    bool (*together)(const struct module *module, const struct layout *layout, const cJSON *fields,
                     struct arena *arena, const char **field, const char **expected);
    bool (*criteria)(const struct module *module, const cJSON *criteria, struct arena *arena,
                     const char **expected);
};

/* Lays out the new store and fills it, all or nothing. False with the first fault: file, JSON path and
 * what was expected (arena-owned). */
MUSTCHECK bool fixtures_load(struct store *store, const struct fixture_source *source,
                             const struct fixture_rules *rules, struct arena *arena,
                             const char **reason);

/* True when a store was filled from other fixtures than these, or these cannot be read. */
MUSTCHECK bool fixtures_are_other(struct store *store, const struct fixture_source *source);

#endif
