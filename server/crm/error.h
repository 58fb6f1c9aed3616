/* Every way in which a call can be refused, by name. What each is called on the wire (code, HTTP
 * status, message) stands in the api room's catalogue and nowhere else. */
#ifndef CRMOCK_CRM_ERROR_H
#define CRMOCK_CRM_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attrs.h"

enum error {
    ERR_NONE,
    ERR_NO_FIELD,                   /* E1 */
    ERR_TOO_MANY_FIELDS,            /* E2 */
    ERR_FIELD_NOT_UPDATABLE,        /* E3 */
    ERR_FIELD_IN_LAYOUT_RULE,       /* E4 */
    ERR_FIELD_IN_VALIDATION_RULE,   /* E5 */
    ERR_FIELD_HIDDEN,               /* E6 */
    ERR_INVALID_ID,                 /* E7 */
    ERR_STOP_PROCESSING,            /* E8 */
    ERR_IN_BLUEPRINT,               /* E9 */
    ERR_NO_SELECTOR,                /* E10 */
    ERR_RECORD_NOT_SHARED,          /* E11 */
    ERR_ALREADY_SCHEDULED,          /* E12 */
    ERR_TOO_MANY_RECORDS,           /* E13 */
    ERR_AWAITS_APPROVAL,            /* E14 */
    ERR_NO_RECORDS,                 /* E15 */
    ERR_NO_MASS_UPDATE,             /* E16 */
    ERR_FIELD_READ_ONLY,            /* E17 */
    ERR_VIEW_NOT_SHARED,            /* E18 */
    ERR_VIEW_OF_OTHER_MODULE,       /* E19 */
    ERR_INVALID_MODULE,             /* E20 */
    ERR_INVALID_URL,                /* E21 */
    ERR_SCOPE_MISMATCH,             /* E22 */
    ERR_INTERNAL,                   /* E23 */
    ERR_INVALID_METHOD,             /* E24 */
    ERR_MAY_NOT_SCHEDULE,           /* E25 */
    ERR_RECORD_BUSY,                /* E26 */
    ERR_RECORD_LOCKED,              /* E27 */
    ERR_IN_IMAGE_REVIEW,            /* E28 */
    ERR_NOT_AUTHENTICATED,          /* E29 */
    ERR_INVALID_TOKEN,              /* E30 */
    ERR_BODY_NOT_OBJECT,            /* E31 */
    ERR_INVALID_VALUE,              /* E32 */
    ERR_CONVERTED,                  /* E33 */
    ERR_TERRITORIES_OFF,            /* E34 */
    ERR_MODULE_WITHOUT_TERRITORIES, /* E35 */
    ERR_EDITION_CANNOT_SCHEDULE,    /* E36 */
    ERR_FIELD_NOT_SCHEDULED,        /* E37 */
    /* What does not go together in a record, M1 to M3. */
    ERR_VALUE_NOT_IN_LAYOUT,
    ERR_PIPELINE_NOT_IN_LAYOUT,
    ERR_STAGE_NOT_IN_PIPELINE,
    /* The GET of a job (contract section 6), G1 to G6. */
    ERR_JOB_NOT_FOUND,
    ERR_JOB_ID_MISSING,
    ERR_MAY_NOT_READ_JOBS,
    ERR_MAY_NOT_READ_MODULE,
    ERR_JOB_INVALID_MODULE,
    ERR_JOB_UNSUPPORTED_MODULE,
    /* Of the endpoints around it: P1, P2 ... */
    ERR_PARAMETER_MISSING,
    ERR_FIELD_MISSING,
    ERR_MAY_NOT_WRITE,
    ERR_INVALID_QUERY,
    ERR_NO_SUCH_PARENT,
    ERR_ALREADY_LOCKED,
    ERR_LOCKED_BY_RULE,
    ERR_NOT_IN_PROCESS,
    ERR_INVALID_TRANSITION,
    ERR_PAGE_BEYOND_LIMIT,
    ERR_PAGE_TOKEN,
    ERR_PAGE_TOKEN_EXPIRED,
    ERR_AMBIGUOUS,
    ERR_METADATA_SCOPE,
    ERR_NO_API_ACCESS,
    ERR_MODULE_NOT_IN_API,
    ERR_TOO_MANY_REQUESTS,
    ERR_INVALID_VIEW, /* E7, of a custom view: the second column has its own words (F22) */
    /* Of requests that are refused before they are looked at, H1 to H6. */
    ERR_MALFORMED_REQUEST,
    ERR_URI_TOO_LONG,
    ERR_HEAD_TOO_LARGE,
    ERR_UNKNOWN_CODING,
    ERR_UNKNOWN_VERSION,
    ERR_ELSEWHERE,
    ERR_NO_ROOM,
    /* Our own: D15, D18. */
    ERR_BODY_TOO_LARGE,
    ERR_DUPLICATE,
    ERRORS
};

struct duplicate;

enum { HINT_MAX = 300 }; /* characters of a hint */

/* Where and why a call was refused: what `details` and the hint are made of. Texts are owned by the
 * request's arena or static; NULL and 0 stand for "not said". */
struct fault {
    const char *api_name, *json_path; /* together, or api_name with an id */
    bool in_data;                     /* about a field of data[0] or a record: stands in "data" */
    const char *id;                   /* as sent */
    const char *expected_data_type;
    const char *param_name;
    const char *other_param; /* with which param_name does not go together */
    const char *permission;
    const char *mapped_field; /* with whose value that of api_name does not go */
    int path_index; /* of the part of the path that is wrong, the module's being 0; 0: not said */
    int64_t limit, maximum_length;
    int64_t type_length; /* of the expected type, told in v2 */
    int64_t bound;       /* the greatest number, as the least is its counterpart; 0: not said */
    bool has_decimals;   /* too many: maximum_decimal_place says how many it may be, 0 even */
    int64_t maximum_decimal_place;
    const char *hint;
    const struct duplicate *duplicate; /* the record that has the value already */
    const char *cause;                 /* of ERR_INTERNAL, where it is known and is not the store's */
};

#endif
