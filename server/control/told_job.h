/* Inside the control room: jobs as they are told. */
#ifndef CRMOCK_CONTROL_TOLD_JOB_H
#define CRMOCK_CONTROL_TOLD_JOB_H

#include "control/call.h"
#include "store/job.h"

/* A job, whole. Owned by the caller. */
MUSTCHECK cJSON *told_job_json(const struct control_call *call, const struct job *job);
/* The members of it, for the document, and their names. */
#define TOLD_JOB                                                                                       \
    "'id': " SCHEMA_TEXT ", 'status': {'enum': ['SCHEDULED', 'RUNNING', 'SUSPENDED', 'COMPLETED',"     \
    " 'FAILED']}, 'total': " SCHEMA_COUNT ", 'updated': " SCHEMA_COUNT ", 'failed': " SCHEMA_COUNT     \
    ", 'not_updated': " SCHEMA_COUNT ", 'module': " SCHEMA_TEXT ", 'view': " SCHEMA_TEXT               \
    ", 'fields': {'type': 'object', 'minProperties': 1, 'maxProperties': 3}, 'user': " SCHEMA_TEXT     \
    ", 'created': " SCHEMA_TIME ", 'started': " TOLD_JOB_TIME ", 'ended': " TOLD_JOB_TIME              \
    ", 'reason': {'type': ['string', 'null']}"
#define TOLD_JOB_TIME "{'type': ['string', 'null'], 'format': 'date-time', 'pattern': 'Z$'}"
#define TOLD_JOB_NAMES                                                                                 \
    "'id', 'status', 'total', 'updated', 'failed', 'not_updated', 'module', 'view', 'fields', 'user'," \
    " 'created', 'started', 'ended', 'reason'"

/* The id in the call's path; false after a refusal. */
MUSTCHECK bool told_job_id(struct control_call *call, int64_t *id);
/* Reads a job; false after a refusal. Arena-owned. */
MUSTCHECK bool told_job_read(struct control_call *call, struct db *db, int64_t id, struct job *job);

#endif
