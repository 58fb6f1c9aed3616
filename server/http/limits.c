#include "http/limits.h"

enum { READ_BEYOND = 16 << 20 };

/* Room that libmicrohttpd's memory for a connection has left beside its buffer for what comes in, at
 * the least; what it takes of it for a header or a parameter; and what the head of an answer takes. */
enum { ROOM_BESIDE = 7168, FIELD_ROOM = 64, ANSWER_ROOM = 2560 };

struct limits limits_of(const struct http_options *options, struct budget *memory)
{
    size_t beside = options->max_header < ROOM_BESIDE ? options->max_header : ROOM_BESIDE;
    const struct body_limit body = {options->max_body, "--max-body sets the limit"};
    const struct body_limit control = {
        options->max_control_body,
        "calls that steer crmock have a limit of their own, whatever --max-body says"};
    return (struct limits){
        .head = options->max_header,
        .fields = (beside - ANSWER_ROOM) / FIELD_ROOM,
        .body = body,
        .control_body = control.most > 0 ? control : body,
        .is_control = options->is_control,
        .serves = options->serves,
        .context = options->context,
        .beyond = READ_BEYOND,
        .memory = memory,
    };
}

const struct body_limit *limits_body(const struct limits *limits, const char *target, size_t length)
{
    return limits->is_control != NULL && limits->is_control(target, length) ? &limits->control_body
                                                                            : &limits->body;
}

/* It blanks all of that memory with each request, so that more costs time. */
size_t limits_connection_memory(const struct http_options *options)
{
    enum { SLACK = 1024 };
    size_t beside = ROOM_BESIDE + SLACK;
    return options->max_header + (options->max_header < beside ? options->max_header : beside);
}
