// The load client: holds many subscriptions and checks every frame it is sent.
//
// One thread, one epoll. It opens `--count` WebSockets on the loopback, speaks graphql-transport-ws on each (or, with
// `--raw`, only WebSocket), and then answers commands on its standard input with one line of JSON each:
//
//   wait K MS      when every subscriber has been given K events since the start, or after MS milliseconds
//   stats          what has come so far, and this process's own processor time
//   sample         the last event's message, as it came
//   latency FILE   percentiles over all deliveries; FILE has lines "first last nanoseconds" (monotonic clock)
//   forget         drop what is kept of events that everybody has been given
//
// A frame is right when it is a whole, final, unmasked text frame; carries the subscriber's own operation id; its
// event number is one above the subscriber's last; and all its bytes but the id (and the subscriber's own tag, where
// each has a document of its own) are those that the first subscriber was given for that number.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t RECEIVE_BYTES = 256 * 1024;
constexpr int PORTS_PER_SOURCE = 25'000;  // of some 28,000 ephemeral ports
constexpr uint32_t NOT_YET = UINT32_MAX;

struct Options {
    int port = 0;
    int count = 1;
    int window = 64;  // handshakes under way at once
    int nap_us = 0;   // between two looks at the sockets, so that a busy server is not made to wake us for each frame
    bool raw = false;
    std::string path = "/graphql";
    std::string init = "{}";       // payload of connection_init
    std::string subscribe;         // payload of subscribe; @TAG@ becomes the subscriber's own word
    std::string raw_id;            // the one operation id that raw frames carry
};

enum class State { CONNECTING, UPGRADING, GREETING, SUBSCRIBING, LIVE, CLOSED };

struct Subscriber {
    int fd = -1;
    State state = State::CONNECTING;
    std::string id;
    std::string tag;
    std::string pending;  // bytes of a frame that has not come whole
    int64_t last = -1;    // number of the last event
    uint64_t events = 0;
};

struct Event {
    std::string bytes;  // the first subscriber's message, its id and tag blanked
    uint32_t given = 0;
    std::vector<uint32_t> arrivals;  // microseconds since the start, by subscriber
};

Options options;
std::vector<Subscriber> subscribers;
std::deque<Event> events;  // events[0] has the number `first_kept`
int64_t first_kept = -1;
std::string sample;
int epoll_fd;

uint64_t deliveries, heartbeats, bytes_received, receive_calls, errors, closed_by_server;
uint64_t largest_frame, smallest_frame = UINT64_MAX;
std::vector<std::string> error_texts;
int opened = 0, live = 0;
int64_t started_ns, first_connect_ns, all_live_ns;

int64_t now_ns() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

double cpu_seconds() {
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + '"';
}

void wrong(const Subscriber& who, const std::string& what, std::string_view message = {}) {
    errors++;
    if (error_texts.size() < 5)
        error_texts.push_back("subscriber " + std::to_string(&who - subscribers.data()) + ": " + what + " " +
                              std::string(message.substr(0, 240)));
}

[[noreturn]] void give_up(const std::string& what) {
    printf("{\"failed\": %s}\n", quoted(what).c_str());
    exit(1);
}

// -- sending

void send_all(Subscriber& who, std::string_view bytes) {
    // What a subscriber says is small and rare: it always fits into the socket's buffer.
    ssize_t sent = send(who.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent != ssize_t(bytes.size())) wrong(who, std::string("cannot send: ") + strerror(errno));
}

std::string frame(unsigned char opcode, std::string_view payload) {
    std::string out(1, char(0x80 | opcode));
    if (payload.size() < 126) {
        out += char(0x80 | payload.size());
    } else {
        out += char(0x80 | 126);
        out += char(payload.size() >> 8);
        out += char(payload.size() & 0xff);
    }
    out.append(4, '\0');  // a mask of zeros: legal, and leaves the payload as it is
    return out.append(payload);
}

void say(Subscriber& who, const std::string& text) { send_all(who, frame(1, text)); }

// -- the beginning of a subscription

std::string operation_id(int index) {
    char text[37];
    unsigned hash = unsigned(index) * 2654435761u;  // spread, so that ids do not look alike
    snprintf(text, sizeof text, "%08x-%04x-4%03x-a%03x-%012x", hash, index & 0xffff, hash >> 20, index & 0xfff,
             unsigned(index));
    return text;
}

void open_next() {
    int index = opened++;
    Subscriber& who = subscribers[index];
    char tag[12];
    snprintf(tag, sizeof tag, "tag%05d", index % 100'000);
    who.tag = tag;
    who.id = options.raw ? options.raw_id : operation_id(index);
    who.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (who.fd < 0) give_up(std::string("cannot open a socket: ") + strerror(errno));
    int yes = 1;
    setsockopt(who.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (index >= PORTS_PER_SOURCE) {
        setsockopt(who.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        sockaddr_in source{};
        source.sin_family = AF_INET;
        source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + index / PORTS_PER_SOURCE);
        bind(who.fd, reinterpret_cast<sockaddr*>(&source), sizeof source);
    }
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(uint16_t(options.port));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(who.fd, reinterpret_cast<sockaddr*>(&server), sizeof server) < 0 && errno != EINPROGRESS)
        give_up(std::string("cannot connect: ") + strerror(errno));
    epoll_event interest{};
    interest.events = EPOLLOUT;
    interest.data.u32 = uint32_t(index);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, who.fd, &interest);
}

void become_live(Subscriber& who) {
    who.state = State::LIVE;
    if (++live == options.count) {
        all_live_ns = now_ns();
        double seconds = (all_live_ns - first_connect_ns) / 1e9;
        printf("{\"ready\": %d, \"seconds\": %.4f, \"per_second\": %.1f, \"cpu_seconds\": %.4f}\n", live, seconds,
               live / seconds, cpu_seconds());
        fflush(stdout);
    }
    if (opened < options.count) open_next();
}

void upgrade(Subscriber& who) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(who.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) give_up(std::string("cannot connect: ") + strerror(error));
    std::string request = "GET " + options.path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(options.port) +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!options.raw) request += "Sec-WebSocket-Protocol: graphql-transport-ws\r\n";
    who.state = State::UPGRADING;
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.u32 = uint32_t(&who - subscribers.data());
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, who.fd, &interest);
    send_all(who, request + "\r\n");
}

std::string with_tag(std::string text, const std::string& tag) {
    for (size_t at; (at = text.find("@TAG@")) != std::string::npos;) text.replace(at, 5, tag);
    return text;
}

void subscribe(Subscriber& who) {
    who.state = State::SUBSCRIBING;
    // The ping is answered after the subscription was taken: its pong says that the subscriber is in.
    send_all(who, frame(1, "{\"id\":\"" + who.id + "\",\"type\":\"subscribe\",\"payload\":" +
                               with_tag(options.subscribe, who.tag) + "}") +
                      frame(1, "{\"type\":\"ping\"}"));
}

// -- what comes

int64_t number_in(std::string_view message, size_t& hint) {
    constexpr std::string_view KEY = "\"seq\":";
    size_t at = hint;
    if (message.compare(at, KEY.size(), KEY) != 0) {
        at = message.find(KEY);
        if (at == std::string_view::npos) return -1;
        hint = at;
    }
    at += KEY.size();
    while (at < message.size() && (message[at] == ' ' || message[at] == '"')) at++;
    int64_t number = 0;
    size_t digits = 0;
    for (; at < message.size() && message[at] >= '0' && message[at] <= '9'; at++, digits++)
        number = number * 10 + (message[at] - '0');
    return digits ? number : -1;
}

bool blank(std::string& message, const std::string& word) {
    size_t at = message.find(word);
    if (at == std::string::npos) return false;
    std::fill_n(message.begin() + long(at), word.size(), '*');
    return true;
}

void take_event(Subscriber& who, std::string_view message, int64_t at_ns, size_t frame_bytes) {
    static size_t hint = 0;
    static std::string mine;
    int64_t number = number_in(message, hint);
    if (number < 0) return wrong(who, "no event number", message);
    bool is_next = who.last < 0 || number == who.last + 1;
    if (!is_next || message.find("\"HEARTBEAT\"") != std::string_view::npos) {
        if (message.find("\"HEARTBEAT\"") == std::string_view::npos)
            return wrong(who, "number " + std::to_string(number) + " after " + std::to_string(who.last), message);
        if (who.last >= 0 && number != who.last)
            return wrong(who, "heartbeat at " + std::to_string(number) + " after " + std::to_string(who.last));
        heartbeats++;
        who.last = number;
        return;
    }
    mine.assign(message);
    if (!blank(mine, who.id)) return wrong(who, "another operation's id", message);
    if (options.subscribe.find("@TAG@") != std::string::npos && !blank(mine, who.tag))
        return wrong(who, "another subscriber's tag", message);
    if (first_kept < 0) first_kept = number;
    if (number < first_kept) return wrong(who, "an event that everybody had", message);
    size_t index = size_t(number - first_kept);
    if (index > 1'000'000) return wrong(who, "a number far ahead", message);
    while (events.size() <= index) events.emplace_back();
    Event& event = events[index];
    if (event.given == 0) {
        event.bytes = mine;
        event.arrivals.assign(size_t(options.count), NOT_YET);
        sample.assign(message);
    } else if (event.bytes != mine) {
        wrong(who, "other bytes than the first subscriber's", message);
    }
    event.given++;
    event.arrivals[size_t(&who - subscribers.data())] = uint32_t((at_ns - started_ns) / 1000);
    who.last = number;
    who.events++;
    deliveries++;
    largest_frame = std::max<uint64_t>(largest_frame, frame_bytes);
    smallest_frame = std::min<uint64_t>(smallest_frame, frame_bytes);
}

bool has_type(std::string_view message, std::string_view type) {
    size_t at = message.find("\"type\":");
    if (at == std::string_view::npos) return false;
    at += 7;
    while (at < message.size() && message[at] == ' ') at++;
    return message.compare(at + 1, type.size(), type) == 0 && message[at + 1 + type.size()] == '"';
}

void take_message(Subscriber& who, std::string_view message, int64_t at_ns, size_t frame_bytes) {
    if (options.raw || has_type(message, "next")) return take_event(who, message, at_ns, frame_bytes);
    if (has_type(message, "connection_ack") && who.state == State::GREETING) return subscribe(who);
    if (has_type(message, "pong") && who.state == State::SUBSCRIBING) return become_live(who);
    if (has_type(message, "ping")) return say(who, "{\"type\":\"pong\"}");
    if (has_type(message, "pong")) return;
    wrong(who, "unexpected message", message);
    if (who.state != State::LIVE) give_up("refused: " + std::string(message));
}

// One frame from the front of `bytes`; how long it is, or 0 when it has not come whole.
size_t take_frame(Subscriber& who, std::string_view bytes, int64_t at_ns) {
    if (bytes.size() < 2) return 0;
    auto byte = [&](size_t at) { return static_cast<unsigned char>(bytes[at]); };
    size_t header = 2, length = byte(1) & 0x7f;
    if (length == 126) {
        if (bytes.size() < 4) return 0;
        header = 4;
        length = size_t(byte(2)) << 8 | byte(3);
    } else if (length == 127) {
        give_up("a frame beyond 64 KiB");
    }
    if (bytes.size() < header + length) return 0;
    if ((byte(0) & 0xf0) != 0x80 || (byte(1) & 0x80) != 0) give_up("a frame that is fragmented, compressed or masked");
    std::string_view payload = bytes.substr(header, length);
    switch (byte(0) & 0x0f) {
        case 1: take_message(who, payload, at_ns, header + length); break;
        case 8: wrong(who, "closed by the server", payload.substr(std::min<size_t>(2, payload.size()))); break;
        case 9: send_all(who, frame(10, payload)); break;
        case 10: break;
        default: wrong(who, "not a text frame");
    }
    return header + length;
}

void close_subscriber(Subscriber& who, const char* why) {
    wrong(who, why);
    closed_by_server++;
    if (who.state != State::LIVE) give_up(std::string(why) + " before it was subscribed");
    close(who.fd);
    who.state = State::CLOSED;
}

void upgraded(Subscriber& who, std::string_view& bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return;
    if (bytes.substr(0, 12) != "HTTP/1.1 101") give_up("refused: " + std::string(bytes.substr(0, 120)));
    if (bytes.substr(0, end).find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string_view::npos)
        give_up("a handshake with a wrong Sec-WebSocket-Accept");
    bytes.remove_prefix(end + 4);
    if (options.raw) return become_live(who);
    who.state = State::GREETING;
    say(who, "{\"type\":\"connection_init\",\"payload\":" + options.init + "}");
}

void receive(Subscriber& who) {
    static std::vector<char> buffer(RECEIVE_BYTES);
    ssize_t count = recv(who.fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return close_subscriber(who, count == 0 ? "the server hung up" : strerror(errno));
    int64_t at_ns = now_ns();
    receive_calls++;
    bytes_received += uint64_t(count);
    std::string joined;
    std::string_view bytes(buffer.data(), size_t(count));
    if (!who.pending.empty()) {
        joined = std::move(who.pending);
        joined.append(bytes);
        who.pending.clear();
        bytes = joined;
    }
    if (who.state == State::UPGRADING) {
        upgraded(who, bytes);
        if (who.state == State::UPGRADING) {
            who.pending.assign(bytes);
            return;
        }
    }
    while (size_t length = take_frame(who, bytes, at_ns)) bytes.remove_prefix(length);
    if (!bytes.empty()) who.pending.assign(bytes);
}

// -- commands

uint64_t wanted_deliveries = 0;
int64_t wait_until_ns = 0;

void print_stats(const char* name, bool is_complete) {
    std::string texts;
    for (auto& text : error_texts) texts += (texts.empty() ? "" : ", ") + quoted(text);
    printf("{\"%s\": %s, \"deliveries\": %lu, \"errors\": %lu, \"error_texts\": [%s], \"heartbeats\": %lu, "
           "\"bytes\": %lu, \"receive_calls\": %lu, \"frame_bytes\": [%lu, %lu], \"live\": %d, \"closed\": %lu, "
           "\"cpu_seconds\": %.4f}\n",
           name, is_complete ? "true" : "false", deliveries, errors, texts.c_str(), heartbeats, bytes_received,
           receive_calls, deliveries ? smallest_frame : 0, largest_frame, live, closed_by_server, cpu_seconds());
    fflush(stdout);
}

void print_latency(const std::string& path) {
    std::ifstream file(path);
    std::vector<uint32_t> all;
    int64_t first, last, at_ns;
    uint64_t missing = 0;
    while (file >> first >> last >> at_ns) {
        int64_t since_start = (at_ns - started_ns) / 1000;
        for (int64_t number = first; number <= last; number++) {
            if (first_kept < 0 || number < first_kept || number - first_kept >= int64_t(events.size())) {
                missing += uint64_t(options.count);
                continue;
            }
            for (uint32_t arrival : events[size_t(number - first_kept)].arrivals) {
                if (arrival == NOT_YET) missing++;
                else all.push_back(uint32_t(std::max<int64_t>(0, arrival - since_start)));
            }
        }
    }
    std::sort(all.begin(), all.end());
    auto at = [&](double part) { return all.empty() ? 0.0 : all[size_t(part * double(all.size() - 1))] / 1e3; };
    printf("{\"deliveries\": %zu, \"missing\": %lu, \"p50_ms\": %.3f, \"p95_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"max_ms\": %.3f}\n", all.size(), missing, at(0.5), at(0.95), at(0.99), at(1));
    fflush(stdout);
}

void forget() {
    while (!events.empty() && events.front().given >= uint32_t(options.count)) {
        events.pop_front();
        first_kept++;
    }
    printf("{\"kept\": %zu}\n", events.size());
    fflush(stdout);
}

void obey(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "wait") {
        uint64_t each = 0;
        int64_t milliseconds = 0;
        words >> each >> milliseconds;
        wanted_deliveries = each * uint64_t(options.count);
        wait_until_ns = now_ns() + milliseconds * 1'000'000;
    } else if (command == "stats") {
        print_stats("stats", true);
    } else if (command == "sample") {
        printf("%s\n", sample.empty() ? "null" : sample.c_str());
        fflush(stdout);
    } else if (command == "latency") {
        std::string path;
        words >> path;
        print_latency(path);
    } else if (command == "forget") {
        forget();
    } else {
        give_up("unknown command: " + line);
    }
}

void read_commands() {
    static std::string kept;
    char buffer[4096];
    ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
    if (count <= 0) exit(0);  // the driver has gone
    kept.append(buffer, size_t(count));
    for (size_t end; (end = kept.find('\n')) != std::string::npos; kept.erase(0, end + 1)) obey(kept.substr(0, end));
}

void look_whether_waited() {
    if (wait_until_ns == 0) return;
    bool is_complete = deliveries >= wanted_deliveries;
    if (!is_complete && now_ns() < wait_until_ns) return;
    wait_until_ns = 0;
    print_stats("complete", is_complete);
}

std::string content(const char* path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

void read_options(int count, char** words) {
    for (int i = 1; i < count; i++) {
        std::string name = words[i];
        if (name == "--raw") {
            options.raw = true;
            options.raw_id = operation_id(0);
            continue;
        }
        if (i + 1 >= count) give_up("no value for " + name);
        const char* value = words[++i];
        if (name == "--port") options.port = atoi(value);
        else if (name == "--count") options.count = atoi(value);
        else if (name == "--window") options.window = atoi(value);
        else if (name == "--nap") options.nap_us = atoi(value);
        else if (name == "--path") options.path = value;
        else if (name == "--init") options.init = content(value);
        else if (name == "--subscribe") options.subscribe = content(value);
        else give_up("unknown option " + name);
    }
}

}  // namespace

int main(int count, char** words) {
    read_options(count, words);
    rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    subscribers.resize(size_t(options.count));
    epoll_fd = epoll_create1(0);
    epoll_event commands{};
    commands.events = EPOLLIN;
    commands.data.u32 = UINT32_MAX;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &commands);
    started_ns = first_connect_ns = now_ns();
    while (opened < std::min(options.count, options.window)) open_next();

    std::vector<epoll_event> ready(1024);
    while (true) {
        int found = epoll_wait(epoll_fd, ready.data(), int(ready.size()), wait_until_ns ? 20 : 1000);
        for (int i = 0; i < found; i++) {
            if (ready[size_t(i)].data.u32 == UINT32_MAX) {
                read_commands();
                continue;
            }
            Subscriber& who = subscribers[ready[size_t(i)].data.u32];
            if (who.state == State::CONNECTING) upgrade(who);
            else if (who.state != State::CLOSED) receive(who);
        }
        look_whether_waited();
        if (options.nap_us && live == options.count) usleep(useconds_t(options.nap_us));
    }
}
