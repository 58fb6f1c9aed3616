/* The command health: for those who watch over a crmock, as images do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "commands.h"

enum { PATIENCE_MS = 5000, STATUS_WELL = 200 };

/* The address to ask where one listens that is open to all. */
static const char *url_of(const struct options *options, struct arena *arena)
{
    const char *listen = options->app.http.listen;
    if (strcmp(listen, "0.0.0.0") == 0)
        listen = "127.0.0.1";
    else if (strcmp(listen, "::") == 0)
        listen = "::1";
    bool is_v6 = strchr(listen, ':') != NULL;
    return options->health_url != NULL ? options->health_url
                                       : arena_printf(arena, "http://%s%s%s:%u", is_v6 ? "[" : "",
                                                      listen, is_v6 ? "]" : "", options->app.http.port);
}

int ask_health(struct options *options, struct arena *arena)
{
    const char *reason, *url = arena_printf(arena, "%s/healthz", url_of(options, arena));
    const struct client_call call = {
        .method = "GET", .url = url, .timeout = PATIENCE_MS, .is_own = true};
    struct client *client = client_new(arena, &reason);
    struct client_answer answer = {.reason = reason};
    if (client != NULL)
        client_ask(client, &call, arena, &answer);
    client_free(client);
    if (answer.status == 0)
        (void)fprintf(stderr, "crmock health: %s: %s\n", url, answer.reason);
    else if (answer.status != STATUS_WELL)
        (void)fprintf(stderr, "crmock health: %s: status %u\n", url, answer.status);
    return answer.status == STATUS_WELL ? EXIT_SUCCESS : EXIT_FAILURE;
}
