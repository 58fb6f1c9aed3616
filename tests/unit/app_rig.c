#include "app_rig.h"

#include "unit.h"

struct app_options app_rig_options(void)
{
    return (struct app_options){
        .log = quiet_log,
        .jobs = {.batch = 500},
        .http = {.listen = "127.0.0.1",
                 .max_body = 1 << 20,
                 .max_header = 32768,
                 .max_connections = 64,
                 .adopts = true,
                 .idle_timeout = 60,
                 .threads = 2,
                 .hints = true},
    };
}

struct app *app_rig_start(const struct app_options *options, struct arena *arena)
{
    const char *reason = "";
    struct app *app = app_start(options, arena, &reason);
    ck_assert_msg(app != NULL, "%s", reason);
    return app;
}
