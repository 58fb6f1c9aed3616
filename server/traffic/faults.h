/* Faults: what tests have a sandbox answer in the place of, or on top of, what the service would
 * (section 6 of the control API). Any thread may use them. */
#ifndef CRMOCK_TRAFFIC_FAULTS_H
#define CRMOCK_TRAFFIC_FAULTS_H

#include "base/exchange.h"
#include "traffic/match.h"

struct faults;

enum fault_drop { DROP_NOT, DROP_BEFORE, DROP_AFTER };

/* What a fault does; what is not set is 0, and has its flag. Texts are owned by the arena that it was
 * asked for with. */
struct effect {
    int64_t fault_id;
    const char *rule;                /* row of the catalogue that answers; or NULL */
    unsigned status;                 /* answers by this, with what follows; 0: does not */
    const struct header *headers;    /* ended by one without a name; or NULL */
    const char *body, *content_type; /* body NULL: none */
    size_t body_length;
    int64_t delay, delay_after; /* milliseconds */
    enum fault_drop drop;
    bool truncates, drips;
    size_t truncate; /* bytes of the body */
    size_t drip_bytes;
    int64_t drip_every; /* milliseconds */
};

MUSTCHECK struct faults *faults_new(void);
/* NULL is allowed. */
void faults_free(struct faults *faults);
/* False when there is none, which costs nothing to ask. */
MUSTCHECK bool faults_are_set(const struct faults *faults);
/* What the matches look at of a request: bits of match_needs. */
MUSTCHECK unsigned faults_need(struct faults *faults);
/* The newest fault that matches, and acts: counts it as fired. One that is within its `after`, used up,
 * or lost to its probability counts as matched, and the next older one is looked at. False: none acts,
 * or none has been found in FAULTS_STEPS_MAX steps of their matches together: the request holds a
 * thread meanwhile. Waits for nobody. */
enum { FAULTS_STEPS_MAX = 4 * MATCH_STEPS_MAX };
MUSTCHECK bool faults_find(struct faults *faults, const struct seen *seen, struct arena *arena,
                           struct effect *effect);

/* Reads a fault, at the JSON path `at` of its document, and adds it. `is_rule` tells the names of the
 * catalogue's rows. Its id; 0 after a fault in it (texts arena-owned), or, with no path, when there are
 * FAULTS_MAX. */
typedef bool is_rule_fn(const char *name);
enum { FAULTS_MAX = 1000 };
MUSTCHECK int64_t faults_add(struct faults *faults, const cJSON *json, const char *at,
                             is_rule_fn *is_rule, struct arena *arena, struct match_fault *fault);
/* Reads a list of them likewise, and puts them in the place of all that are there: what the faults
 * begin with. False after a fault: nothing is changed then. */
MUSTCHECK bool faults_begin(struct faults *faults, const cJSON *list, const char *at,
                            is_rule_fn *is_rule, struct arena *arena, struct match_fault *fault);
/* The list that a file has, fit to begin with; owned by the caller. NULL with a reason (arena-owned),
 * which names the file and the place in it. */
MUSTCHECK cJSON *faults_load(const char *path, is_rule_fn *is_rule, struct arena *arena,
                             const char **reason);
/* Drops all, and adds those again that they began with. Ids go on. */
void faults_reset(struct faults *faults);
/* As the control API tells them: all, oldest first, behind `after`; NULL of one that is not there. The
 * caller's; texts are the arena's. */
MUSTCHECK cJSON *faults_list(struct faults *faults, int64_t after, size_t most, struct arena *arena,
                             bool *more);
MUSTCHECK cJSON *faults_tell(struct faults *faults, int64_t id, struct arena *arena);
void faults_drop(struct faults *faults, int64_t id);
/* Drops all; ids go on. */
void faults_clear(struct faults *faults);

#endif
