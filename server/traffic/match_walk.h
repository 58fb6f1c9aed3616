/* Inside the traffic room only: how M is read, and how a request is held against it, in one walk
 * whether it stops at the first difference, counts or lists them. */
#ifndef CRMOCK_TRAFFIC_MATCH_WALK_H
#define CRMOCK_TRAFFIC_MATCH_WALK_H

#include "traffic/match.h"

/* A value in M, and how it is reached. Lives on the stack of who looks at it. */
struct place {
    const struct place *above; /* NULL at the top */
    const char *name;          /* of a member, or the path of the top; NULL for a list's entry */
    size_t index;
};

/* Reading ends at the first fault; what is read after it does not count. */
struct reading {
    struct arena *arena;
    struct match_fault *fault; /* its `at` is NULL: there was none */
    size_t depth;              /* of the value in the body */
    bool of_answers;
};

/* Notes the fault, unless one was noted before. */
void reading_refuse(struct reading *reading, const struct place *place, const char *format, ...)
    PRINTF(3, 4);
/* Reads each member of an object; what is none is a fault, and a member that comes twice. */
typedef void read_fn(struct reading *reading, const struct place *place, const cJSON *json);
void reading_members(struct reading *reading, const struct place *place, const cJSON *object,
                     read_fn *read);

/* What is left of the steps that one match may take. */
struct effort {
    size_t steps;
    bool is_spent; /* there were too few: a difference was noted then */
};

struct findings {
    struct arena *arena;
    struct difference *list;
    size_t count, room;
};

struct walk {
    struct effort *effort;
    bool stops;                /* at the first difference, which is neither counted nor listed */
    size_t distance;           /* so far */
    struct findings *findings; /* NULL: they are not listed */
};

/* Takes steps; false when there are too few: what is looked at does not fit then. */
MUSTCHECK bool walk_spend(struct walk *walk, size_t steps);
/* Takes those that a text is worth if it is long. */
MUSTCHECK bool walk_read(struct walk *walk, const char *text);
/* True when nothing more need be looked at. */
MUSTCHECK bool walk_ends(const struct walk *walk);
/* Notes a difference, of all that is expected there; or of so many values. */
void walk_differ(struct walk *walk, const struct place *place, const cJSON *expected,
                 const cJSON *found);
void walk_differ_by(struct walk *walk, size_t distance, const struct place *place,
                    const cJSON *expected, const cJSON *found);
/* A text that was found, to be told; NULL when it is not, or differences are not listed. It must
 * outlive them. */
MUSTCHECK cJSON *walk_text(const struct walk *walk, const char *text);
MUSTCHECK cJSON *walk_number(const struct walk *walk, unsigned number);

/* M's body (match_body.c). */
void read_body(struct reading *reading, const struct place *place, const cJSON *json);
void hold_body(struct walk *walk, const struct place *place, const cJSON *expected,
               const struct seen *seen);

#endif
