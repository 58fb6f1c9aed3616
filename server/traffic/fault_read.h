/* Inside the traffic room only: a fault as its JSON says it. */
#ifndef CRMOCK_TRAFFIC_FAULT_READ_H
#define CRMOCK_TRAFFIC_FAULT_READ_H

#include "traffic/faults.h"

struct fault_plan {
    struct match *match;
    int64_t after, times; /* times 0: always */
    double probability;
    uint32_t seed;
    struct effect effect;
    const char *match_text, *effect_text; /* as they were given, compact JSON */
    struct arena arena;                   /* what the texts are in */
};

/* Reads one; false after a fault, as faults_add tells it. The plan is the caller's to clear then, too.
 */
MUSTCHECK bool fault_read(const cJSON *json, const char *at, is_rule_fn *is_rule, struct arena *arena,
                          struct match_fault *fault, struct fault_plan *plan);
void fault_clear(struct fault_plan *plan);

#endif
