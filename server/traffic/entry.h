/* Inside the traffic room: what an entry of the journal is made of. */
#ifndef CRMOCK_TRAFFIC_ENTRY_H
#define CRMOCK_TRAFFIC_ENTRY_H

#include <stdatomic.h>

#include "traffic/journal.h"

/* One allocation, with all that `note` points to. */
struct entry {
    atomic_uint owners;
    int64_t id;       /* given before others see it */
    size_t size;      /* bytes of all of it */
    struct note note; /* as it was, as far as it is kept */
    bool is_open;     /* its answer is to come: it will be written again */
    bool is_body_cut, is_answer_cut;
    struct entry *behind; /* in a list of those that have fallen out */
};

/* A copy of the note, of which the caller is the only owner. */
MUSTCHECK struct entry *entry_new(const struct note *note, bool is_open);
/* What its body is for secrets_cut_bytes. */
MUSTCHECK unsigned entry_body_kind(const struct entry *entry);

#endif
