/* How a sandbox is filled when it is made. */
#ifndef CRMOCK_SANDBOX_MAKING_H
#define CRMOCK_SANDBOX_MAKING_H

#include "fixture/fixture.h"
#include "sandbox/filling.h"
#include "sandbox/sandbox.h"

/* How one is to be made. */
struct sandbox_wish {
    const char *id;                /* NULL: it gets one of its own */
    bool replaces;                 /* one of that id that is there */
    const char *extends;           /* one of seed_words, "main", or NULL: what main was filled from */
    const cJSON *fixtures;         /* what is added; NULL: nothing */
    const struct clock *clock;     /* NULL: as main's was at the start */
    const struct job_policy *jobs; /* NULL: as main's */
    const enum answers *answers;
    const cJSON *faults; /* with which it begins; NULL: with none */
    const struct limits_policy *limits;
    int64_t ttl; /* seconds; 0: for ever */
    cJSON *told; /* an object: gets what its first org is used with, as members */
};

enum making_fault {
    MAKING_DONE,
    MAKING_TAKEN, /* the id */
    MAKING_TOO_MANY,
    MAKING_FAULTY,   /* the fixtures are, or the faults */
    MAKING_CONFLICT, /* the fixtures with what is there */
    MAKING_FAILED    /* no memory, or the store failed */
};

/* Why one was not made: `at` is a JSON path of the body that asked for it, or NULL. Arena-owned. */
struct making_trouble {
    const char *at, *reason;
};

/* What one may be filled from. */
struct making_from {
    struct seeds *seeds;
    struct sandbox *main;
    const struct manner *manner; /* without another wish */
    int64_t records_max;         /* that fixtures generate */
};

/* True when it is to be a copy of main. */
MUSTCHECK bool making_is_of_main(const struct sandbox_wish *wish);

/* Fills a sandbox that nobody knows yet, and tells it what its first org is used with. */
MUSTCHECK enum making_fault making_fill(const struct making_from *from, const struct sandbox_wish *wish,
                                        struct sandbox *sandbox, struct arena *arena,
                                        struct making_trouble *trouble);

#endif
