/* Matches, the M of sections 6 and 8 of the control API: what a request is like that a fault acts on,
 * or that is looked for in the journal. No HTTP, no store.
 *
 * M is an object of any of these; a request fits when it fits each of them, and any fits {}:
 * - method: in any case of letters. module: likewise, as the service takes it.
 * - path: a glob, which begins with / or *, and not with /_s/; `*` stands for any characters within a
 *   part, `**` for any across parts, for none as well; all else stands for itself, the slash beside a
 *   star too.
 * - version: "v8" or "8", "v2.1" or "2.1".
 * - token, user, and of answers rule: exactly that text. status: a number from 100 to 599.
 * - query, form: {name: text}, exactly; of a parameter that is there more than once any will do.
 * - headers: {name: glob}, names in any case; in a value `*` stands for anything. Any will do, too.
 * - body: of an object each given member, others may be there; of a list each entry in its place, no
 *   more and no less. Texts, true, false and null are equal exactly; numbers as numbers, 1 and 1.0, but
 *   digit by digit if both are whole: ids go beyond 2^53. Where an id stands, in a member called id,
 *   ids, cvid, ..._id or ..._ids, in any case of letters, and in all that is within it, a whole number
 *   and the text of its digits are equal. Of members that a request has twice the first counts.
 *   {"$any": true} is anything that is there, null and a body that is no JSON as well;
 *   {"$contains": [...]} is a list in which each of these fits some entry, be it the same one for two;
 *   with [] any list. Other names that begin with $ are a fault. A text as the whole body is a text
 *   that the request says in JSON, or all bytes of its body, be they JSON or not; "" is no body.
 *
 * How long it takes is bounded, by steps that are about a comparison each: what can't be found to fit
 * within MATCH_STEPS_MAX of them does not fit. */
#ifndef CRMOCK_TRAFFIC_MATCH_H
#define CRMOCK_TRAFFIC_MATCH_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/attrs.h"
#include "traffic/seen.h"

enum {
    MATCH_STEPS_MAX = 300000,
    MATCH_SIZE_MAX = 65536,      /* bytes of M as compact JSON */
    MATCH_DEPTH_MAX = 32,        /* values within each other in M's body */
    MATCH_DIFFERENCES_MAX = 1000 /* that are listed */
};

struct match; /* what requests are held against: immutable once it is read, for any thread */

struct match_fault {
    const char *at;       /* JSON path */
    const char *expected; /* "expected ..." */
};

/* Members of struct seen that may be left out where a match does not look at them. */
enum { MATCH_USER = 1, MATCH_FORM = 2, MATCH_JSON = 4, MATCH_HEADERS = 8, MATCH_QUERY = 16 };

/* Reads M, at the JSON path `at` of its document ("$.match"), from JSON that json_parse made (NULL: a
 * fault). `of_answers`: status and rule may be asked for, too. A copy of the JSON is kept. NULL after a
 * fault, whose texts are the arena's: an unknown member, one that comes twice, a wrong type, an empty
 * text where it can't fit, a query, form or headers without a name, too much of anything. Owned by the
 * caller. */
MUSTCHECK struct match *match_read(const cJSON *json, const char *at, bool of_answers,
                                   struct arena *arena, struct match_fault *fault);
void match_free(struct match *match); /* NULL is allowed */
/* M as it was given. Borrowed, and looked at by other threads: to be printed, it must be copied. */
MUSTCHECK const cJSON *match_json(const struct match *match);
/* Which members of struct seen it looks at, beside those that cost nothing: bits of the enum above. */
MUSTCHECK unsigned match_needs(const struct match *match);

/* True when the request is as M says. Looks no further than the first difference. Several that are held
 * against something may together take so many steps: those that this one takes, MATCH_STEPS_MAX at the
 * most, are taken off. What is not decided within them does not fit. */
MUSTCHECK bool match_fits(const struct match *match, const struct seen *seen, size_t *steps);

/* How far the request is from fitting: the values in M without members or entries that differ; an
 * object or list that is not there counts as many as it has, entries too many of a list as one. Of a
 * $contains each entry counts by the entry that comes nearest. 0: it fits. Steps as above. */
MUSTCHECK size_t match_distance(const struct match *match, const struct seen *seen, size_t *steps);

/* What keeps a request from fitting. */
struct difference {
    const char *at;        /* where in M: "$.body.data[0].Lead_Source"; arena-owned */
    const cJSON *expected; /* M's own: borrowed from the match, and to be copied to be printed */
    /* NULL: it is not there. What a body says is borrowed from `seen`; else it is the arena's, but for
     * its text, which is `seen`'s, and a list where a name comes more than once. Not to be freed. A
     * body that is no JSON is its text, with U+FFFD for what is no UTF-8. */
    const cJSON *found;
};

/* All that keeps it from fitting, in M's order, the first MATCH_DIFFERENCES_MAX of it, less when the
 * arena is exceeded; 0: it fits. A list with too many entries is told as a whole, after its entries. An
 * entry of $contains that fits none is held against the one that comes nearest, if that is an object or
 * a list like it; else it is not there. */
MUSTCHECK size_t match_differences(const struct match *match, const struct seen *seen,
                                   struct arena *arena, struct difference **list);

#endif
