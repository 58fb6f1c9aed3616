/* A store that lasts, of which bytes have changed: it is refused or served.
 * An input is a list of changes, four bytes each: three of a place, one of the byte that stands there
 * then. A place beyond the file's end cuts it there, taken round. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { CHANGES_MAX = 64, CUT = 0x800000 };

static struct fuzz_app fuzzed;
static const char *name;
static char *bytes, *changed; /* the file's */
static size_t size_of_file;

/* What is there before and after a run of the app. */
static void remove_file(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        char path[300];
        (void)snprintf(path, sizeof path, "%s%s", name, suffixes[i]);
        (void)unlink(path);
    }
}

static void stop(void)
{
    app_stop(fuzzed.app);
    fuzzed.app = NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    fuzz_app_prepare(&fuzzed);
    const char *folder = getenv("TMPDIR");
    name = arena_printf(&fuzzed.arena, "%s/lasting-%d.db", folder != NULL ? folder : "/tmp", getpid());
    fuzzed.options.db = name;
    fuzzed.options.fixtures = FUZZ_FOLDER "/store";
    remove_file();
    fuzz_app_ready(&fuzzed);
    stop();
    int file = open(name, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0)
        fuzz_fail("%s is not there", name);
    size_of_file = (size_t)status.st_size;
    bytes = arena_alloc(&fuzzed.arena, size_of_file);
    changed = arena_alloc(&fuzzed.arena, size_of_file);
    if (read(file, bytes, size_of_file) != (ssize_t)size_of_file)
        fuzz_fail("%s cannot be read", name);
    (void)close(file);
    return 0;
}

/* Its length after the changes. */
static size_t change(struct fuzz_input *input)
{
    size_t length = size_of_file;
    memcpy(changed, bytes, size_of_file);
    for (int i = 0; i < CHANGES_MAX && input->end - input->at >= 4; i++) {
        size_t place = (size_t)fuzz_byte(input) << 16U;
        place |= (size_t)fuzz_byte(input) << 8U;
        place |= fuzz_byte(input);
        unsigned char byte = fuzz_byte(input);
        if ((place & CUT) != 0)
            length = place % size_of_file;
        else
            changed[place % size_of_file] = (char)byte;
    }
    return length;
}

static const char *const requests[] = {
    "GET /crm/v2/Leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n",
    "GET /crm/v8/settings/fields?module=Leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\n\r\n",
    "POST /crm/v8/Leads/actions/mass_update HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\nContent-Length: 39\r\n\r\n{\"data\":[{\"City\":\"x\"}],\"cvid\":\"1000001\"}",
    "POST /crm/v8/Leads/actions/mass_update HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\nContent-Length: "
    "41\r\n\r\n{\"data\":[{\"City\":\"x\"}],\"ids\":[\"2000001\"]}",
    "POST /crm/v2/Leads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"
    "Connection: close\r\nContent-Length: 28\r\n\r\n{\"data\":[{\"Last_Name\":\"x\"}]}",
    "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
};

static void ask(void)
{
    static const struct fuzz_sending whole = {.end = END_HALF};
    struct arena arena = {.blocks = NULL};
    for (size_t i = 0; i < COUNT(requests); i++)
        if (fuzz_app_exchange(&fuzzed, &whole, requests[i], strlen(requests[i]), &arena)[0] == '\0')
            fuzz_fail("no answer");
    arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena arena = {.blocks = NULL};
    const char *reason = "";
    struct fuzz_input input = {.at = data, .end = data + size};
    size_t length = change(&input);
    remove_file();
    int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (write(file, changed, length) != (ssize_t)length)
        fuzz_fail("%s cannot be written", name);
    (void)close(file);
    fuzzed.app = app_start(&fuzzed.options, &arena, &reason);
    if (fuzzed.app != NULL) {
        ask();
        stop();
    } else if (reason[0] == '\0') {
        fuzz_fail("refused without a reason");
    }
    arena_clear(&arena);
    return 0;
}
