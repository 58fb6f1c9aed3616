/* The limits of the service, off until they are set: how many credits an org has, how many calls at
 * once, how many access tokens a refresh token gives, how long a call takes (section 7 of the control
 * API; F12, F13). A sandbox has one set of them, which any thread may ask: what is off costs a look at
 * an atomic number. Times are seconds since 1970 by the sandbox's clock, which is read when it is this
 * call's turn: what comes later is counted as later. */
#ifndef CRMOCK_CRM_LIMITS_H
#define CRMOCK_CRM_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attrs.h"
#include "base/clock.h"
#include "store/org.h"

enum limit_kind { LIMIT_NONE, LIMIT_NUMBER, LIMIT_BY_EDITION };

struct limit {
    enum limit_kind kind;
    int64_t number; /* of LIMIT_NUMBER */
};

enum latency_kind { LATENCY_NONE, LATENCY_FIXED, LATENCY_RANGE };

/* Zeroed: everything is off. */
struct limits_policy {
    struct limit credits;                 /* calls of an org in LIMITS_DAY */
    struct limit concurrency;             /* its calls at once */
    unsigned tokens, token_seconds;       /* that a refresh token gives in so long; 0: any number */
    enum latency_kind latency;            /* of each call */
    unsigned latency_least, latency_most; /* milliseconds; the same when it is fixed */
};

enum {
    LIMITS_DAY = 86400, /* seconds in which credits are counted */
    LIMITS_TOKENS = 10, /* of the service (F12), in */
    LIMITS_TOKEN_SECONDS = 600
};

/* What a process begins with, by a word: nothing, or what the service has. */
enum limits_preset { LIMITS_OFF, LIMITS_SERVICE };
extern const char *const limits_preset_names[]; /* by enum limits_preset, ended by NULL */
MUSTCHECK struct limits_policy limits_of_preset(enum limits_preset preset);

struct limits;

/* `limiting` counts those that limit how many calls there are at once; NULL: nobody wants to know. */
MUSTCHECK struct limits *limits_new(const struct limits_policy *policy, atomic_uint *limiting);
/* No call of it may be under way. NULL is allowed. */
void limits_free(struct limits *limits);
MUSTCHECK struct limits_policy limits_tell(struct limits *limits);
/* Exchanges the policy. What has been counted stays counted, but for a limit that is taken off: that
 * begins anew when it is set again. */
void limits_set(struct limits *limits, const struct limits_policy *policy);
/* The policy that it was made with, and nothing counted; calls that are under way still are. */
void limits_reset(struct limits *limits);

/* In what follows NULL stands for limits that are off. */

/* What an org has of its credits. */
struct limits_credits {
    bool are_limited; /* false: the rest says nothing */
    int64_t most, remaining;
    int64_t free_at; /* when another one is free, if none remains; INT64_MAX: never */
};

/* Takes credits of the org (`price` 0: looks only). False when fewer remain: none is taken then. */
MUSTCHECK bool limits_spend(struct limits *limits, const struct org *org, int64_t price,
                            const struct clock *clock, struct limits_credits *credits);

/* A call that is under way. Zeroed: it is not counted. */
struct limits_pass {
    bool is_counted;
    int64_t org_id;
};

/* A call of the org begins. False: as many are under way as the limit allows; this one is not counted.
 * True: it is, if there is a limit, until limits_leave. */
MUSTCHECK bool limits_enter(struct limits *limits, const struct org *org, struct limits_pass *pass);
/* The call has ended, whatever limits_enter said of it; the org need not be there any more. A second
 * time does nothing. */
void limits_leave(struct limits *limits, struct limits_pass *pass);
/* How many calls of the org may be under way; -1: any number. */
MUSTCHECK int64_t limits_concurrency(struct limits *limits, const struct org *org);

/* What a refresh token may give. */
struct limits_tokens {
    unsigned most, seconds;
    int64_t free_at; /* when the next one may be given, if it may not be now */
};

/* Counts an access token that the refresh token gives. False: it gave as many as it may (F12), and none
 * is counted. */
MUSTCHECK bool limits_issue(struct limits *limits, const char *refresh_token, const struct clock *clock,
                            struct limits_tokens *tokens);

/* Milliseconds that a call is to take: within the policy's range, any as likely as another. */
MUSTCHECK unsigned limits_latency(struct limits *limits);

#endif
