/* Arguments of the command line, one a line. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { ARGUMENTS_MAX = 32 };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    stdout = fopen("/dev/null", "we"); /* what is told to people, who are not here; nor are messages */
    stderr = fopen("/dev/null", "we");
    return stdout != NULL && stderr != NULL ? 0 : 1;
}

static void check(const struct app_options *options)
{
    const struct http_options *http = &options->http;
    if (http->port > 65535 || http->max_body == 0 || http->max_header < 4096 || http->threads == 0 ||
        http->threads > 64 || http->max_connections < 8 || http->listen[0] == '\0' ||
        options->jobs.batch == 0 || options->jobs.batch > JOB_BATCH_MAX || options->token_ttl == 0 ||
        options->log.level > LOG_DEBUG || store_durability_names[options->durability] == NULL ||
        (options->db != NULL && options->db[0] == '\0'))
        abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    struct fuzz_input input = {.at = data, .end = data + size};
    char *arguments[ARGUMENTS_MAX + 2] = {arena_strdup(&arena, "crmock")};
    size_t count = 1;
    if (size > 0)
        count += fuzz_split(fuzz_rest(&input, &arena), '\n', arguments + 1, ARGUMENTS_MAX);
    static const struct command commands[] = {
        {.name = COMMAND_SERVE, .title = "crmock"},
        {.name = "ca", .title = "crmock ca"},
        {.name = "health", .title = "crmock health"},
        {.name = "import", .title = "crmock import", .argument = "DIR"}};
    struct options options;
    for (size_t i = 0; i < COUNT(commands); i++)
        if (options_read(&commands[i], (int)count, arguments, &options) == OPTIONS_READ)
            check(&options.app);
    arena_clear(&arena);
    return 0;
}
