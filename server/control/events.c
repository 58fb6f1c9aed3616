/* What happens in a sandbox, as it happens: server-sent events (section 8 of the control API). */
#include "traffic/events.h"

#include "base/id.h"
#include "control/watch.h"

/* As much as many requests may add while others are answered: who reads is not to fall behind. */
enum { PIECE = 1 << 18 };

/* A stream that is open. */
struct stream {
    struct control *control;
    struct source events, source;
};

static ptrdiff_t read_stream(void *context, struct waker *waker, char *buffer, size_t size)
{
    const struct stream *stream = context;
    return stream->events.read(stream->events.context, waker, buffer, size);
}

static void end_stream(void *context)
{
    const struct stream *stream = context;
    stream->events.end(stream->events.context);
    (void)atomic_fetch_sub(&stream->control->streams, 1);
}

/* The event behind which the client goes on; 0: from now on. */
static int64_t last_event_id(struct control_call *call)
{
    const char *name = "Last-Event-ID", *text = call->request->header(call->request, name);
    int64_t id = 0;
    if (text != NULL && (call->request->header_count(call->request, name) > 1 || !id_parse(text, &id)))
        (void)control_refuse(call, 422, name, "expected the id of an event: up to 19 digits");
    return id;
}

/* Has the changes told that nobody tells: from before the client sees that it is heard. */
static bool attend(struct control_call *call, struct events *events)
{
    if (events_are_attended(events))
        return true;
    struct watch *watch = watch_new(call);
    const struct attendant attendant = {.free = watch_free, .context = watch};
    if (watch != NULL)
        events_attend(events, &attendant);
    return watch != NULL;
}

static int64_t listen(struct control_call *call)
{
    struct control *control = call->control;
    struct events *events = sandbox_events(call->sandbox);
    struct stream *stream = arena_alloc(call->arena, sizeof *stream);
    int64_t last_id = last_event_id(call);
    if (call->is_refused)
        return CONTROL_DONE;
    *stream = (struct stream){
        .control = control,
        .source = {.piece = PIECE, .context = stream, .read = read_stream, .end = end_stream}};
    unsigned others = atomic_fetch_add(&control->streams, 1);
    events_listen(events, last_id, &stream->events);
    if (others < control->streams_max && attend(call, events))
        return control_stream(call, &stream->source);
    end_stream(stream);
    if (others < control->streams_max)
        return control_fail(call);
    return control_refuse(call, 503, NULL,
                          "at most %u streams of events at once (a quarter of --max-connections)",
                          control->streams_max);
}

const struct control_endpoint events_get = {
    .method = "GET",
    .path = "/_crmock/events",
    .handle = listen,
    .says = "What happens, as it happens: server-sent events, each with an object as its list has it."
            " With a header Last-Event-ID it goes on behind that event.",
    .text = "text/event-stream",
};
