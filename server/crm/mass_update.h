/* The mass update itself: what a call asks for is checked and planned, then applied to records by id
 * at once, or scheduled as a job that the worker carries out. */
#ifndef CRMOCK_CRM_MASS_UPDATE_H
#define CRMOCK_CRM_MASS_UPDATE_H

#include "base/json.h"
#include "crm/crm.h"
#include "crm/error.h"
#include "crm/mapping.h"
#include "store/criteria.h"
#include "store/record.h"
#include "store/selection.h"

/* Kinds of automation as a set. */
#define AUTOMATION_BIT(kind) (1U << (kind))
enum { AUTOMATION_ALL = 7 };

struct sent_id {
    const char *text; /* as sent */
    int64_t id;       /* 0 when the text is no id: there is no such record */
};

/* A call, as read from its body; what stands below `plan` is found out by mass_update_plan. */
struct mass_update {
    const struct user *user;
    const struct module *module;
    const cJSON *fields; /* data[0]: an object, or NULL */
    const struct sent_id *ids;
    size_t id_count;
    const char *view_id;      /* cvid, or NULL */
    const cJSON *territory;   /* an object, or NULL */
    const char *territory_id; /* its id, or NULL */
    const cJSON *criteria;    /* or NULL */
    bool over_write;
    unsigned automation; /* the kinds that `trigger` lets run: AUTOMATION_BIT of each */
    /* plan */
    struct record_change changes[RECORD_CHANGES_MAX];
    size_t change_count;
    const struct view *view; /* NULL: by ids */
    struct selection selection;
};

/* One step of the order in which a call is checked (D1), for the code and its documentation. */
struct rule {
    const char *what;
    const char *rows; /* of the catalogue */
};

/* Checks everything about a call that no record decides, in the order of D1. ERR_NONE and a filled
 * plan, or the first row that fails with *fault saying where. Reads metadata only. */
MUSTCHECK enum error mass_update_plan(struct mass_update *update, struct arena *arena,
                                      struct fault *fault);

/* What came of one id. */
struct outcome {
    enum error error; /* ERR_NONE: updated */
    struct record record;
    const char *hint;
    struct mismatch mismatch; /* M1 to M3: more than the hint says */
};

/* Updates the records of a planned call by ids, in one transaction; outcomes[i] is for ids[i], and a
 * repeated id gets its first outcome (D5). *now is the new Modified_Time. ERR_INTERNAL when the store
 * failed, or fixtures injected a fault (fault->cause): nothing is changed then. */
MUSTCHECK enum error mass_update_apply(const struct crm *crm, struct db *db,
                                       const struct mass_update *update, struct arena *arena,
                                       struct outcome *outcomes, int64_t *now, struct fault *fault);

/* Fixes the records of a planned call by view as a new job and wakes the worker (D10). *job_id is
 * acknowledged to be in the store. E12, E13, E15 or ERR_INTERNAL: nothing is changed then. */
MUSTCHECK enum error mass_update_schedule(const struct crm *crm, struct db *db,
                                          const struct mass_update *update, struct arena *arena,
                                          int64_t *job_id, struct fault *fault);

/* A stage of the order of checks. */
struct rules {
    const char *stage;
    const struct rule *list;
    size_t size; /* of one member, which begins with its struct rule */
    size_t count;
};

/* The whole order, for documentation. */
enum { MASS_UPDATE_STAGES = 5 };
extern const struct rules *const mass_update_order[MASS_UPDATE_STAGES];

#endif
