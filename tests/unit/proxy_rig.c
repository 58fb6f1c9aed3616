#include "proxy_rig.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/service_host.h"
#include "client.h"

enum { HOUR = 3600 };

static bool serves(void *context, const char *host, size_t length)
{
    (void)context;
    return service_host_is(host, length);
}

static bool adopt(void *context, int socket, enum proxy_way way)
{
    struct proxy_rig *rig = context;
    if (rig->refuses) {
        (void)close(socket);
        return false;
    }
    (void)pthread_mutex_lock(&rig->mutex);
    atomic_store(&rig->thread, gettid());
    rig->adopted[rig->count++] = (struct adopted){socket, way};
    (void)pthread_cond_broadcast(&rig->changed);
    (void)pthread_mutex_unlock(&rig->mutex);
    return true;
}

const struct proxy_options proxy_rig_options = {
    .listen = "127.0.0.1",
    .most = 16,
    .head_seconds = HOUR,
    .serves = serves,
    .adopt = adopt,
    .log = &quiet_log,
};

void proxy_rig_open_with(struct proxy_rig *rig, const struct proxy_options *given)
{
    const char *reason = "";
    struct proxy_options asked = *given;
    *rig = (struct proxy_rig){.count = 0};
    (void)pthread_mutex_init(&rig->mutex, NULL);
    (void)pthread_cond_init(&rig->changed, NULL);
    asked.context = rig;
    rig->proxy = proxy_bind(&asked, &rig->arena, &reason);
    ck_assert_msg(rig->proxy != NULL && proxy_start(rig->proxy, &reason), "%s", reason);
}

void proxy_rig_open(struct proxy_rig *rig)
{
    proxy_rig_open_with(rig, &proxy_rig_options);
}

void proxy_rig_end(struct proxy *proxy)
{
    proxy_stop(proxy);
    proxy_free(proxy);
}

void proxy_rig_close(struct proxy_rig *rig)
{
    proxy_rig_end(rig->proxy);
    ck_assert_uint_eq(rig->count, rig->taken);
    (void)pthread_cond_destroy(&rig->changed);
    (void)pthread_mutex_destroy(&rig->mutex);
    arena_clear(&rig->arena);
}

int proxy_rig_take(struct proxy_rig *rig, enum proxy_way way)
{
    (void)pthread_mutex_lock(&rig->mutex);
    while (rig->count == rig->taken)
        (void)pthread_cond_wait(&rig->changed, &rig->mutex);
    struct adopted adopted = rig->adopted[rig->taken++];
    (void)pthread_mutex_unlock(&rig->mutex);
    ck_assert_int_eq(adopted.way, way);
    return adopted.socket;
}

int proxy_rig_knock(struct proxy_rig *rig)
{
    return client_connect(proxy_url(rig->proxy));
}

void proxy_rig_must_pass(int from, int to, struct arena *arena)
{
    client_send(from, "bytes");
    ck_assert_str_eq(client_receive_bytes(to, strlen("bytes"), arena), "bytes");
}

void proxy_rig_must_be_connected(int client, int socket, struct arena *arena)
{
    proxy_rig_must_pass(client, socket, arena);
    proxy_rig_must_pass(socket, client, arena);
}

void proxy_rig_close_both(int client, int socket)
{
    (void)close(client);
    (void)close(socket);
}

void proxy_rig_settle(struct proxy_rig *rig)
{
    int client = proxy_rig_knock(rig);
    client_send(client, GOOD);
    proxy_rig_close_both(client, proxy_rig_take(rig, PROXY_TUNNEL));
}

void proxy_rig_must_rest(struct proxy_rig *rig)
{
    enum { TIMES = 200 };
    char name[64], state[512] = "";
    (void)snprintf(name, sizeof name, "/proc/self/task/%d/stat", atomic_load(&rig->thread));
    for (int times = 0; times < TIMES;) {
        FILE *file = fopen(name, "re");
        ck_assert_ptr_nonnull(file);
        ck_assert_ptr_nonnull(fgets(state, sizeof state, file));
        (void)fclose(file);
        times = strstr(state, ") S ") != NULL ? times + 1 : 0;
    }
}
