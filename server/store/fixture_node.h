/* Inside the store room only: reading fixtures with a place to point at. A load ends at its first
 * fault; what is read after it does not count, so readers need not check each step. */
#ifndef CRMOCK_STORE_FIXTURE_NODE_H
#define CRMOCK_STORE_FIXTURE_NODE_H

#include "base/json.h"
#include "store/db.h"
#include "store/fixture.h"
#include "store/fixture_files.h"

/* One load. */
struct loader {
    struct db *db;
    struct arena *arena;
    const struct fixture_source *source;
    const struct fixture_rules *rules;
    int64_t org_id;
    const struct org *org; /* once the metadata is in the store */
    bool dates_records;    /* a record took the time of the load */
    const char *failure;   /* the first fault, or NULL */
};

/* A value in a file, and how it is reached. Lives on the stack of who reads it. */
struct node {
    struct loader *loader;
    const struct node *above; /* NULL at the top */
    const char *name;         /* of a member; of the file at the top; NULL for a list's entry */
    size_t index;
    const cJSON *json;
};

/* Notes the fault "FILE: PATH: ...", unless one was noted before. */
void node_fail(const struct node *node, const char *format, ...) PRINTF(2, 3);
MUSTCHECK static inline bool node_failed(const struct node *node)
{
    return node->loader->failure != NULL;
}

/* The member of that name; its json is NULL when there is none. */
MUSTCHECK struct node node_member(const struct node *node, const char *name);
/* Refuses a member that its object has twice, of which readers see one: `json` is to be what it has. */
void node_once(const struct node *member, const cJSON *json);
/* Refuses members that are not among `names`, which are separated by blanks, or come twice. */
void node_has_only(const struct node *node, const char *names);

/* Calls `read` for each entry of a list; an absent list has none, any other type is a fault. */
typedef void node_fn(const struct node *node, void *context);
void node_each(const struct node *list, node_fn *read, void *context);

/* Members. want_... must be there; may_... have a default. Texts are borrowed from the tree. */
MUSTCHECK const char *want_text(const struct node *node, const char *name);
MUSTCHECK const char *may_text(const struct node *node, const char *name, const char *otherwise);
MUSTCHECK bool may_flag(const struct node *node, const char *name, bool otherwise);
MUSTCHECK int64_t may_number(const struct node *node, const char *name, int64_t otherwise,
                             int64_t least, int64_t most);
/* Seconds since 1970 of an ISO 8601 time. */
MUSTCHECK int64_t may_time(const struct node *node, const char *name, int64_t otherwise);
/* One of the words, which NULL ends; NULL when it is not given. */
MUSTCHECK const char *may_word(const struct node *node, const char *name, const char *const words[]);
/* The member "id", or the next of the store's sequence (the first of `count` in a row); 0 after a
 * fault. */
MUSTCHECK int64_t id_or_next(const struct node *node, int64_t count);
/* A string, this node itself. */
MUSTCHECK const char *node_text(const struct node *node);

/* Runs an INSERT; a value that must be unique and isn't is a fault at the node. */
void node_insert(const struct node *node, const struct sql *sql, const char *types, ...);
/* The id that a query finds; a fault, "expected <what>", when it finds none. */
int64_t node_find(const struct node *node, const char *what, const struct sql *sql, const char *types,
                  ...);

#endif
