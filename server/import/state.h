/* What an import has got so far, in a folder of its own, so that another run goes on where one ended.
 * It is good for the same source, the same user and the same build, and for less than a day: the
 * service's page tokens last as long. What is in it is neither a token nor an address. */
#ifndef CRMOCK_IMPORT_STATE_H
#define CRMOCK_IMPORT_STATE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"

#define STATE_FOLDER ".import"

struct import_state {
    const char *path;
    int file;             /* the folder, locked */
    bool has_made_folder; /* the one that it lies in */
};

/* Makes the folder, and that which it lies in, where they are missing. A trouble (arena-owned), or
 * NULL; one of them is that another import is under way. */
MUSTCHECK const char *state_open(struct import_state *state, const char *folder, struct arena *arena);
/* Says whose answers these are: what is there of others, or of another crmock, or too old, is thrown
 * away. False when it can't be written. */
MUSTCHECK bool state_begin(struct import_state *state, const char *source);
/* The answer that was kept for a target, owned by the caller, or NULL. From any thread. In these two a
 * state that is NULL keeps nothing. */
MUSTCHECK cJSON *state_find(const struct import_state *state, const char *target);
/* Keeps an answer. Where that fails, it is asked for again another time. From any thread. */
void state_keep(const struct import_state *state, const char *target, const char *text, size_t length);
/* Leaves one that was opened, and removes it where `is_done`, or where nothing was kept; then also a
 * folder that was made for it and has nothing else. True when something is kept. */
MUSTCHECK bool state_close(struct import_state *state, bool is_done);

#endif
