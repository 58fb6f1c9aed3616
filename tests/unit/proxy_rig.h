/* A proxy, those who knock, and one who takes what it hands over. */
#ifndef CRMOCK_PROXY_RIG_H
#define CRMOCK_PROXY_RIG_H

#include <pthread.h>
#include <stdatomic.h>

#include "proxy/proxy.h"
#include "unit.h"

#define GOOD "CONNECT www.zohoapis.com:443 HTTP/1.1\r\nHost: www.zohoapis.com:443\r\n\r\n"
#define LINE(line) line "\r\n\r\n"
#define ESTABLISHED "HTTP/1.1 200 Connection established\r\n\r\n"

/* As many as may be handed over. */
enum { MANY = 500 };

/* Who takes the sockets: keeps them, in the order in which they came. All that was handed over is to be
 * taken before the rig is closed. */
struct proxy_rig {
    struct proxy *proxy;
    struct arena arena; /* the test's */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct adopted {
        int socket;
        enum proxy_way way;
    } adopted[MANY];
    unsigned count, taken;
    atomic_bool refuses;
    atomic_int thread; /* of the proxy; known once it has handed a socket over */
};

/* Room for 16 and an hour for a head; one who takes all. */
extern const struct proxy_options proxy_rig_options;
void proxy_rig_open(struct proxy_rig *rig);
void proxy_rig_open_with(struct proxy_rig *rig, const struct proxy_options *given);
void proxy_rig_close(struct proxy_rig *rig);
void proxy_rig_end(struct proxy *proxy);

/* A client's connection, to be closed. */
int proxy_rig_knock(struct proxy_rig *rig);
/* The next socket that is handed over, to be closed. */
int proxy_rig_take(struct proxy_rig *rig, enum proxy_way way);
void proxy_rig_close_both(int client, int socket);
/* Another client comes and goes: what others had sent before was looked at then. */
void proxy_rig_settle(struct proxy_rig *rig);

/* Fails unless bytes go from one to the other, and no others are in between. */
void proxy_rig_must_pass(int from, int to, struct arena *arena);
/* The same in both directions. */
void proxy_rig_must_be_connected(int client, int socket, struct arena *arena);
/* Waits until the proxy's thread is seen asleep so many times in a row: one that something wakes again
 * and again is not. */
void proxy_rig_must_rest(struct proxy_rig *rig);

#endif
