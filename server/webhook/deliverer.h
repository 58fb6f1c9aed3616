/* Makes the calls of webhooks that wait in the store: a worker for each URL, so that its receiver gets
 * one after the other, and one that is down or slow delays no other. */
#ifndef CRMOCK_WEBHOOK_DELIVERER_H
#define CRMOCK_WEBHOOK_DELIVERER_H

#include "base/log.h"
#include "client/client.h"
#include "jobs/bell.h"
#include "store/store.h"

struct webhook_options {
    unsigned timeout; /* milliseconds that a receiver has to answer */
    unsigned tries;   /* until a delivery is given up, the first included */
    unsigned retry;   /* milliseconds until the second try; each further wait is twice as long */
};

struct deliverer {
    const char *url; /* whose calls it makes */
    struct store *store;
    const struct log *log;
    struct webhook_options options;
    struct client *client;
    struct worker *worker; /* that runs it */
    struct bell *changed;  /* rung when something has become of a delivery; or NULL */
};

/* A worker's step, of which the context is a struct deliverer: makes the delivery that is due, and
 * writes what came of it. An answer of 2xx is a delivery, anything else is tried again, as often as the
 * options say. */
worker_step deliverer_step;

#endif
