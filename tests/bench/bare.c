/* The limit that crmock is measured against: libmicrohttpd, set up as crmock sets it up, which reads
 * the body and answers a constant of the given size. usage: bare THREADS BYTES */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *answer;
static size_t answer_size;

static enum MHD_Result take(void *context, struct MHD_Connection *connection, const char *url,
                            const char *method, const char *version, const char *upload,
                            size_t *upload_size, void **state)
{
    (void)context;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (*state == NULL) {
        *state = answer;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer_size, answer, MHD_RESPMEM_PERSISTENT);
    (void)MHD_add_response_header(response, "Content-Type", "application/json;charset=UTF-8");
    enum MHD_Result queued = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return queued;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return EXIT_FAILURE;
    unsigned threads = (unsigned)strtoul(argv[1], NULL, 10);
    answer_size = strtoul(argv[2], NULL, 10);
    answer = malloc(answer_size + 1);
    if (answer == NULL)
        return EXIT_FAILURE;
    memset(answer, 'x', answer_size);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, take, NULL,
                         MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, MHD_OPTION_END);
    if (daemon == NULL)
        return EXIT_FAILURE;
    (void)printf("bare listening on http://127.0.0.1:%u\n",
                 (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    (void)fflush(stdout);
    (void)pause();
    return EXIT_SUCCESS;
}
