#include "api/catalogue.h"

#include <stddef.h>
#include <string.h>

const char *const answers_names[] = {"page", "current", NULL};

static const struct catalogue_row page[ERRORS] = {
    [ERR_NO_FIELD] = {"E1", "INVALID_DATA", 400, "No field found"},
    [ERR_TOO_MANY_FIELDS] = {"E2", "INVALID_DATA", 400, "Max field limit exceeded"},
    [ERR_FIELD_NOT_UPDATABLE] = {"E3", "INVALID_DATA", 400,
                                 "This field cannot be updated in the Mass Update"},
    [ERR_FIELD_IN_LAYOUT_RULE] = {"E4", "INVALID_DATA", 400,
                                  "Field cannot be updated as it is associated with a layout rule"},
    [ERR_FIELD_IN_VALIDATION_RULE] =
        {"E5", "INVALID_DATA", 400,
         "Field cannot be updated as it is associated with a validation rule"},
    [ERR_FIELD_HIDDEN] = {"E6", "INVALID_DATA", 400, "Field is not visible"},
    [ERR_INVALID_VIEW] = {"E7", "INVALID_DATA", 400, "the id given seems to be invalid"},
    [ERR_INVALID_ID] = {"E7", "INVALID_DATA", 400, "the id given seems to be invalid"},
    [ERR_STOP_PROCESSING] = {"E8", "CANNOT_PROCESS", 400, "The record is in stop processing"},
    [ERR_IN_BLUEPRINT] = {"E9", "RECORD_IN_BLUEPRINT", 400, "The record is in blue print"},
    [ERR_NO_SELECTOR] = {"E10", "MANDATORY_NOT_FOUND", 400, "required field not found"},
    [ERR_RECORD_NOT_SHARED] = {"E11", "CANNOT_PERFORM_ACTION", 400,
                               "no permission to perform an action on this record"},
    [ERR_ALREADY_SCHEDULED] = {"E12", "ALREADY_SCHEDULED", 202,
                               "Already a Mass Action scheduler is running for the given cvid"},
    [ERR_TOO_MANY_RECORDS] = {"E13", "LIMIT_EXCEEDED", 400, "Record count exceeded"},
    [ERR_AWAITS_APPROVAL] = {"E14", "NOT_APPROVED", 400, "record not approved"},
    [ERR_NO_RECORDS] = {"E15", "NO_RECORDS_FOUND", 400, "no record found to update"},
    [ERR_NO_MASS_UPDATE] = {"E16", "NO_PERMISSION", 403, "permission denied"},
    [ERR_FIELD_READ_ONLY] = {"E17", "NO_PERMISSION", 403, "Field Edit Permission not given"},
    [ERR_VIEW_NOT_SHARED] = {"E18", "NO_PERMISSION", 403, "Customview not accessible"},
    [ERR_VIEW_OF_OTHER_MODULE] = {"E19", "NO_PERMISSION", 403, "Customview not accessible"},
    [ERR_INVALID_MODULE] = {"E20", "INVALID_MODULE", 400, "the module name given seems to be invalid"},
    [ERR_INVALID_URL] = {"E21", "INVALID_URL_PATTERN", 404,
                         "Please check if the URL trying to access is a correct one"},
    [ERR_SCOPE_MISMATCH] = {"E22", "OAUTH_SCOPE_MISMATCH", 401, "Unauthorized"},
    [ERR_INTERNAL] = {"E23", "INTERNAL_ERROR", 500, "Internal Server Error"},
    [ERR_INVALID_METHOD] = {"E24", "INVALID_REQUEST_METHOD", 400,
                            "The http request method type is not a valid one"},
    [ERR_MAY_NOT_SCHEDULE] = {"E25", "AUTHORIZATION_FAILED", 400,
                              "User does not have sufficient privilege to schedule mass update."},
    [ERR_RECORD_BUSY] = {"E26", "RECORD_LOCKED", 400, "Cannot update record that is not approved yet"},
    [ERR_RECORD_LOCKED] = {"E27", "RECORD_LOCKED", 400,
                           "You cannot perform this operation as the record is locked."},
    [ERR_IN_IMAGE_REVIEW] = {"E28", "NOT_APPROVED", 400,
                             "Cannot update record that is not approved yet"},
    [ERR_NOT_AUTHENTICATED] = {"E29", "AUTHENTICATION_FAILURE", 401, "Authentication failed"},
    [ERR_INVALID_TOKEN] = {"E30", "INVALID_TOKEN", 401, "invalid oauth token"},
    [ERR_BODY_NOT_OBJECT] = {"E31", "INVALID_DATA", 400, "body"},
    [ERR_INVALID_VALUE] = {"E32", "INVALID_DATA", 400, "invalid data"},
    [ERR_CONVERTED] = {"E33", "CONVERTED_RECORD", 400, "can't update the converted record"},
    [ERR_TERRITORIES_OFF] = {"E34", "TERRITORY_NOT_ENABLED", 400,
                             "the territory feature is not enabled"},
    [ERR_MODULE_WITHOUT_TERRITORIES] = {"E35", "NOT_SUPPORTED", 400,
                                        "Territory is not supported for the given module"},
    [ERR_EDITION_CANNOT_SCHEDULE] =
        {"E36", "FEATURE_NOT_SUPPORTED", 400,
         "Scheduled Mass Operation feature is not available in your edition"},
    [ERR_FIELD_NOT_SCHEDULED] = {"E37", "INVALID_DATA", 400,
                                 "Field cannot be updated in Scheduled Mass Update"},
    [ERR_VALUE_NOT_IN_LAYOUT] = {"M1", "INVALID_DATA", 400, "picklist not found in record layout"},
    [ERR_PIPELINE_NOT_IN_LAYOUT] = {"M2", "MAPPING_MISMATCH", 400,
                                    "Layout doesn't contain the Pipeline"},
    [ERR_STAGE_NOT_IN_PIPELINE] = {"M3", "MAPPING_MISMATCH", 400, "Pipeline doesn't contain the Stage"},
    [ERR_JOB_NOT_FOUND] = {"G1", "", 404, NULL},
    [ERR_JOB_ID_MISSING] = {"G2", "MANDATORY_NOT_FOUND", 400, "mandatory param missing"},
    [ERR_MAY_NOT_READ_JOBS] = {"G3", "AUTHORIZATION_FAILED", 400,
                               "User does not have sufficient privilege to read records"},
    [ERR_MAY_NOT_READ_MODULE] = {"G4", "NO_PERMISSION", 403, "Permission denied to read records"},
    [ERR_JOB_INVALID_MODULE] = {"G5", "INVALID_MODULE", 400,
                                "The module name given seems to be invalid"},
    [ERR_JOB_UNSUPPORTED_MODULE] = {"G6", "INVALID_MODULE", 400,
                                    "The given module is not supported in API"},
    [ERR_PARAMETER_MISSING] = {"P1", "REQUIRED_PARAM_MISSING", 400,
                               "One of the expected parameter is missing"},
    [ERR_FIELD_MISSING] = {"P2", "MANDATORY_NOT_FOUND", 400, "required field not found"},
    [ERR_MAY_NOT_WRITE] = {"P3", "NO_PERMISSION", 403, "permission denied"},
    [ERR_INVALID_QUERY] = {"P4", "INVALID_QUERY", 400, "invalid query formed"},
    [ERR_NO_SUCH_PARENT] = {"P5", "INVALID_DATA", 400, "the related id given seems to be invalid"},
    [ERR_ALREADY_LOCKED] = {"P6", "NOT_ALLOWED", 403, "record is already locked"},
    [ERR_LOCKED_BY_RULE] = {"P7", "NOT_ALLOWED", 403,
                            "Automatically locked records can not be unlocked manually"},
    [ERR_NOT_IN_PROCESS] = {"P8", "RECORD_NOT_IN_PROCESS", 400, "record not in process"},
    [ERR_INVALID_TRANSITION] = {"P9", "INVALID_DATA", 400, "invalid transition"},
    [ERR_PAGE_BEYOND_LIMIT] =
        {"P10", "DISCRETE_PAGINATION_LIMIT_EXCEEDED", 400,
         "You can only get the first 2000 records without using page_token param."},
    [ERR_PAGE_TOKEN] =
        {"P11", "TOKEN_BOUND_DATA_MISMATCH", 400,
         "The page_token given seems to be invalid or input param is added or altered or deleted"},
    [ERR_PAGE_TOKEN_EXPIRED] = {"P12", "EXPIRED_VALUE", 400, "Page token expired"},
    [ERR_AMBIGUOUS] = {"P13", "AMBIGUITY_DURING_PROCESSING", 400, "Ambiguity while processing"},
    [ERR_METADATA_SCOPE] = {"P14", "OAUTH_SCOPE_MISMATCH", 401,
                            "invalid oauth scope to access this URL"},
    [ERR_NO_API_ACCESS] = {"P15", "NO_PERMISSION", 403, "permission denied"},
    [ERR_TOO_MANY_REQUESTS] = {"P17", "TOO_MANY_REQUESTS", 429, "You have exceeded the API limit"},
    [ERR_MALFORMED_REQUEST] = {"H1", "INVALID_REQUEST", 400, "The request is not well-formed"},
    [ERR_URI_TOO_LONG] = {"H2", "LIMIT_EXCEEDED", 414, "The request URI is too long"},
    [ERR_HEAD_TOO_LARGE] = {"H3", "LIMIT_EXCEEDED", 431, "The request headers are too large"},
    [ERR_UNKNOWN_CODING] = {"H4", "NOT_SUPPORTED", 501, "The transfer coding is not supported"},
    [ERR_UNKNOWN_VERSION] = {"H5", "NOT_SUPPORTED", 505, "The HTTP version is not supported"},
    [ERR_ELSEWHERE] = {"H7", "NOT_SUPPORTED", 403,
                       "The proxy serves the hosts of the service alone: nothing leaves crmock"},
    [ERR_NO_ROOM] = {"H6", "LIMIT_EXCEEDED", 503, "The server has no room for the request"},
    [ERR_DUPLICATE] = {"D18", "DUPLICATE_DATA", 400, "duplicate data"},
    [ERR_BODY_TOO_LARGE] = {"D15", "LIMIT_EXCEEDED", 413, "The request body is too large"},
};

/* F22. */
static const struct catalogue_row current[ERRORS] = {
    [ERR_INVALID_VIEW] = {"E7", "INVALID_DATA", 400, "the cvid given seems to be invalid"},
    [ERR_NO_SELECTOR] = {"E10", "MANDATORY_NOT_FOUND", 400, "required field not found"},
    [ERR_ALREADY_SCHEDULED] = {"E12", "ALREADY_SCHEDULED", 400,
                               "Already a Mass Action scheduler is running for the given cvid"},
    [ERR_RECORD_LOCKED] = {"E27", "RECORD_LOCKED", 400,
                           "Sorry, you cannot perform this operation as the record is locked."},
    [ERR_JOB_NOT_FOUND] = {"G1", "INVALID_DATA", 400, "The jobid given seems to be invalid"},
    [ERR_MODULE_NOT_IN_API] = {"P16", "NOT_SUPPORTED", 400, "the given module is not supported in api"},
};

static const struct catalogue_manner current_manners[ERRORS] = {
    [ERR_NO_SELECTOR] = {.in_data = true, .instead = true},
    [ERR_ALREADY_SCHEDULED] = {.instead = true, .api_name = "cvid"},
    [ERR_RECORD_LOCKED] = {.action = "record_locking"},
    [ERR_JOB_NOT_FOUND] = {.instead = true, .param_name = "job_id"},
};

const struct catalogue_row *catalogue_row(enum answers answers, enum error error)
{
    bool is_current = answers == ANSWERS_CURRENT || page[error].row == NULL;
    return is_current && current[error].row != NULL ? &current[error] : &page[error];
}

bool catalogue_has(enum answers answers, enum error error)
{
    return answers == ANSWERS_CURRENT || page[error].row != NULL;
}

bool catalogue_find(const char *name, enum error *error)
{
    for (*error = ERR_NONE + 1; *error < ERRORS; (*error)++)
        if (strcmp(catalogue_row(ANSWERS_CURRENT, *error)->row, name) == 0)
            return true;
    return false;
}

const char *catalogue_row_name(enum error error)
{
    return catalogue_row(ANSWERS_PAGE, error)->row;
}

const struct catalogue_manner *catalogue_manner(enum answers answers, enum error error)
{
    return &current_manners[answers == ANSWERS_CURRENT ? error : ERR_NONE]; /* the page has none */
}

bool catalogue_differs(enum error error)
{
    return current[error].row != NULL;
}
