/* Inside the api room: a request on its way to an endpoint, and what an endpoint is. */
#ifndef CRMOCK_API_CALL_H
#define CRMOCK_API_CALL_H

#include "api/api.h"
#include "api/scope.h"
#include "api/version.h"
#include "base/json.h"
#include "crm/error.h"
#include "store/token.h"

struct endpoint;

struct call {
    const struct api *api;
    const struct request *request;
    struct arena *arena;
    struct db *db; /* this request's connection, from the token check on; else NULL */
    const struct endpoint *endpoint;
    enum version_number version;
    const char *module_name; /* as in the path; NULL: the path names none */
    const char *id;          /* as in the path; NULL: likewise */
    const char *related_id;  /* of what belongs to the record of that id; NULL: likewise */
    const char *token_text;  /* the access token as sent; never to be logged */
    struct token token;
    const struct module *module;
    const char *scope_word;        /* NULL: none */
    const char *credits_remaining; /* as the answer tells them; NULL: it does not (F13) */
    struct fault fault;
    cJSON *metadata; /* metadata.json, once it was needed; freed with the call */
    struct response *response;
};

/* A parameter of the query; NULL when it is absent or empty. Borrowed from the request. */
MUSTCHECK const char *call_parameter(const struct call *call, const char *name);

/* The time of If-Modified-Since, in seconds; false when there is none that can be read: it is ignored
 * then (F9), as HTTP wants it, and the answer's hint says so. */
MUSTCHECK bool call_modified_since(const struct call *call, int64_t *since);

/* A connection with the budget of a request; NULL after a logged error. */
MUSTCHECK struct db *call_connect(const struct call *call);

/* Says in the answer whose call it was, and gives back what it has beside its arena. */
void call_end(struct call *call);

enum { FIELDS_MAX = 50 }; /* names that a parameter "fields" has, at most: as the service has it */

/* A parameter that is a list, separated by commas; NULL as above. Refuses one of more than `most`
 * members. */
MUSTCHECK enum error call_list(struct call *call, const char *name, size_t most, const char **list);

/* Fills call->fault: what is wrong with a parameter. Returns `error`. */
enum error call_bad_parameter(struct call *call, enum error error, const char *name, const char *hint);

/* The column of the catalogue from which the call is answered: the second is v8's alone. */
MUSTCHECK enum answers call_answers(const struct call *call);
/* The row by which an error is told. */
MUSTCHECK const struct catalogue_row *call_row(const struct call *call, enum error error);

/* How the endpoint calls a {module} that the org lacks, or that cannot be mass updated. */
MUSTCHECK enum error call_unknown_module(const struct call *call);
MUSTCHECK enum error call_unsupported_module(const struct call *call);

/* What an endpoint's function or a check answers: ERR_NONE, or a row with call->fault filled. */
typedef enum error call_fn(struct call *call);

/* A documented request. {version}, {module}, {id} and {related_id} in the path stand for one part each.
 */
struct endpoint {
    const char *method, *path;
    struct scope scope, also; /* what the token must grant; `also` has no group when there is but one */
    enum error unknown_module, unsupported_module; /* of a {module}; ERR_NONE: ERR_INVALID_MODULE */
    call_fn *permit;                               /* what the user's profile must allow, or NULL */
    call_fn *handle;                               /* answers by a reply_... function */
};

extern const struct endpoint mass_update_post, mass_update_job;
extern const struct endpoint fields_list, fields_one, modules_list, modules_one, users_list, users_one,
    org_one;
extern const struct endpoint records_list, records_one, records_count, records_search, records_insert,
    records_upsert, records_update, records_update_one, records_delete, records_delete_one;
extern const struct endpoint blueprint_read, blueprint_perform;
extern const struct endpoint locks_list, locks_one, locks_set, locks_update, locks_remove;
extern const struct endpoint layouts_list, layouts_one;
extern const struct endpoint custom_views_list, custom_views_one, territories_list, territories_one,
    roles_list, roles_one, profiles_list, profiles_one;

#endif
