/* An app in the process, for tests that ask a whole one. */
#ifndef CRMOCK_UNIT_APP_RIG_H
#define CRMOCK_UNIT_APP_RIG_H

#include "app.h"

/* In memory, on any free port, without a log and without copies of fixtures. */
struct app_options app_rig_options(void);
/* Starts one, which must work. */
struct app *app_rig_start(const struct app_options *options, struct arena *arena);

#endif
