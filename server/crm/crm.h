/* What the rules work on: one app's store, metadata, clock and job worker. */
#ifndef CRMOCK_CRM_CRM_H
#define CRMOCK_CRM_CRM_H

#include "base/clock.h"
#include "base/log.h"
#include "crm/error.h"
#include "crm/job_policy.h"
#include "jobs/bell.h"
#include "jobs/worker.h"
#include "store/org.h"
#include "store/store.h"

enum {
    MASS_UPDATE_IDS_MAX = 500,       /* records of one call by ids */
    MASS_UPDATE_RECORDS_MAX = 50000, /* records of one job */
    AUTOMATION_RECORDS_MAX = 999     /* records of a job that automation runs for (D8) */
};

struct limits;

struct crm {
    struct store *store;
    const struct orgs *orgs;
    const struct clock *clock;
    const struct log *log;
    const struct job_policy *policy;  /* of its jobs */
    struct bell *jobs_changed;        /* rung when something has become of one; or NULL */
    struct worker *worker;            /* woken when a job may go on; or NULL */
    struct worker *const *deliverers; /* woken when a webhook is to be called; ended by NULL */
    struct bell *webhooks_changed;    /* rung then, too; or NULL */
    struct store_budget budget;       /* of a request's queries */
    struct limits *limits;            /* of the service; NULL: none */
    const char *(*rule_name)(enum error error); /* of the catalogue's row; lasting */
};

#endif
