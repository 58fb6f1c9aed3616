/* A request of the service as matches look at it and the journal keeps it: plain data, from wherever
 * it comes. */
#ifndef CRMOCK_TRAFFIC_SEEN_H
#define CRMOCK_TRAFFIC_SEEN_H

#include <cjson/cJSON.h>
#include <stddef.h>

struct pair {
    const char *name, *value;
};

struct pairs {
    const struct pair *list; /* in the order in which they came; a name can stand in it twice */
    size_t count;
};

/* Texts are well-formed UTF-8, but for the body, and all is borrowed. */
struct seen {
    const char *method;
    const char *path;    /* decoded, without the sandbox's prefix and the query */
    const char *version; /* as in the path: "v8"; NULL: it has none */
    const char *module;  /* likewise */
    struct pairs query, headers, form;
    const char *token; /* the access token in the form that it has inside: 1000.crmock.admin; or NULL */
    const char *user;  /* whose that is: an email; NULL: nobody's */
    const char *body;  /* not ended by a zero byte */
    size_t body_length;
    const cJSON *json; /* what the body says; NULL: it is no JSON, or cut */
    unsigned status;   /* of the answer; 0: none has been sent */
    const char *rule;  /* row of the catalogue that answered; NULL: none */
};

#endif
