/* Inside the control room: changes of jobs and webhooks, which come about by themselves, told as
 * events. What changes looks at is told when it differs from what was told of it last, as its list has
 * it; what follows closely may be told as one. */
#ifndef CRMOCK_CONTROL_WATCH_H
#define CRMOCK_CONTROL_WATCH_H

#include "control/call.h"

/* Something that is watched, as it is now. */
struct watched_one {
    int64_t id;
    int64_t state;   /* another number when it is told in another way */
    bool is_over;    /* it does not change any more */
    const void *row; /* the whole of it, arena-owned; NULL: it is to be read for that */
};

struct watched_list {
    struct watched_one *list; /* arena-owned */
    size_t count;
};

/* A kind of them. Ids go up in the order in which they come to be. The call has the scene and the arena
 * alone. */
struct watched {
    const char *event;
    /* Rung when something has become of one. */
    struct bell *(*bell)(struct sandbox *sandbox);
    /* Those that are not over. */
    enum store_status (*open)(struct control_call *call, struct db *db, struct watched_list *found);
    /* Those with greater ids than `after`, by their ids, at most WATCHED_MAX, with their rows. */
    enum store_status (*behind)(struct control_call *call, struct db *db, int64_t after,
                                struct watched_list *found);
    /* That of the id, with its row. */
    enum store_status (*read)(struct control_call *call, struct db *db, int64_t id,
                              struct watched_one *one);
    /* The greatest id of those that came to be before that time (milliseconds, by the machine's clock).
     */
    enum store_status (*newest)(struct db *db, int64_t before, int64_t *id);
    /* One with its row, as its list has it; NULL: the list has not. Owned by the caller. */
    cJSON *(*json)(const struct control_call *call, const void *row);
};
enum { WATCHED_MAX = 100 };
extern const struct watched watched_jobs, watched_webhooks;

struct watch;

/* Tells the call's sandbox's events of whatever changes from now on. NULL after a failure of the store
 * (logged). */
MUSTCHECK struct watch *watch_new(struct control_call *call);
/* Before the sandbox is freed. */
void watch_free(void *watch);

#endif
