#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "http/server.h"
#include "tls_rig.h"

/* Records that have no data, in one packet with those that have: the kernel tells of it once. */

static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

static void answer(void *context, const struct request *asked, struct arena *arena,
                   struct response *response)
{
    (void)context, (void)asked, (void)arena;
    *response =
        (struct response){.status = 200, .content_type = "text/plain", .body = ".", .body_length = 1};
}

static struct caller {
    struct http_server *server;
    gnutls_certificate_credentials_t trust;
    gnutls_session_t session;
    int socket;
    bool is_holding; /* what is to be sent, until it is let go in one piece */
    char held[65536];
    size_t length;
} caller;

static void open_server(void)
{
    const char *reason = "";
    tls_open();
    const struct identity identity = tls_load();
    const struct http_options options = {
        .listen = "127.0.0.1",
        .max_body = 10,
        .max_header = 8192,
        .max_connections = 16,
        .threads = 1,
        .log = &quiet_log,
        .respond = answer,
        .tls = {.port.is_asked = true, .certificate = identity.certificate, .key = identity.key}};
    caller.server = http_bind(&options, &tls.arena, &reason);
    ck_assert_msg(caller.server != NULL && http_start(caller.server, &reason), "%s", reason);
}

static ssize_t push(gnutls_transport_ptr_t transport, const void *bytes, size_t length)
{
    (void)transport;
    if (!caller.is_holding)
        return send(caller.socket, bytes, length, MSG_NOSIGNAL);
    ck_assert_uint_le(length, sizeof caller.held - caller.length);
    memcpy(caller.held + caller.length, bytes, length);
    caller.length += length;
    return (ssize_t)length;
}

static void shake_hands(const char *version)
{
    caller.socket = client_connect(http_tls_url(caller.server));
    ck_assert_int_eq(gnutls_certificate_allocate_credentials(&caller.trust), 0);
    ck_assert_int_eq(gnutls_init(&caller.session, GNUTLS_CLIENT), 0);
    ck_assert_int_eq(gnutls_priority_set_direct(caller.session, version, NULL), 0);
    ck_assert_int_eq(gnutls_credentials_set(caller.session, GNUTLS_CRD_CERTIFICATE, caller.trust), 0);
    gnutls_transport_set_int(caller.session, caller.socket);
    gnutls_transport_set_push_function(caller.session, push);
    ck_assert_int_eq(gnutls_handshake(caller.session), 0);
}

static void close_all(void)
{
    gnutls_deinit(caller.session);
    gnutls_certificate_free_credentials(caller.trust);
    (void)close(caller.socket);
    http_stop(caller.server);
    tls_close();
}

static void hold_back(void)
{
    caller.is_holding = true;
    caller.length = 0;
}

static void let_go(void)
{
    caller.is_holding = false;
    client_send_bytes(caller.socket, caller.held, caller.length);
}

/* Reads the answer; what GnuTLS says when there is none. */
static ssize_t receive_answer(void)
{
    char bytes[1024];
    size_t all = 0;
    ssize_t count;
    while ((count = gnutls_record_recv(caller.session, bytes + all, sizeof bytes - all)) > 0)
        if (bytes[(all += (size_t)count) - 1] == '.')
            return count;
    return count;
}

static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.3",
                                       "NORMAL:-VERS-ALL:+VERS-TLS1.2"};

/* New keys, where there are some, or else a warning. */
static int send_idle(bool is_1_3)
{
    return is_1_3 ? gnutls_session_key_update(caller.session, 0)
                  : gnutls_alert_send(caller.session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
}

START_TEST(a_request_behind_records_without_data_is_answered)
{
    open_server();
    shake_hands(versions[_i]);
    for (int round = 0; round < 3; round++) {
        hold_back();
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(send_idle(_i == 0), 0);
        ck_assert_int_eq(gnutls_record_send(caller.session, request, sizeof request - 1),
                         sizeof request - 1);
        let_go();
        ck_assert_int_gt(receive_answer(), 0);
    }
    close_all();
}
END_TEST

START_TEST(whoever_sends_no_data_is_cut_off)
{
    open_server();
    shake_hands(versions[_i]);
    hold_back();
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(send_idle(_i == 0), 0);
    let_go();
    ck_assert_int_le(receive_answer(), 0);
    close_all();
}
END_TEST

TCase *idle_tests(void)
{
    TCase *tests = tcase_create("records without data");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, a_request_behind_records_without_data_is_answered, 0, COUNT(versions));
    tcase_add_loop_test(tests, whoever_sends_no_data_is_cut_off, 0, COUNT(versions));
    return tests;
}
