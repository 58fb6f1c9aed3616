# What --help says of each command, one after the other, as tables for completions.awk and man.awk: `commands` in their order,
# of each its `usage`, what it `says`, the `place` behind its options, and its `options`, of each `argument`, `help` (`told` with its variable) and `kind`.

# The words that an option takes, as its help lists them: "on or off: what", "normal: this; full: that", "error, warning or info".
function words_of(help,    clauses, words, count, parts, i, j, list) {
    sub(/ \(default.*/, "", help)
    count = split(help, clauses, /; */)
    for (i = 1; i <= count; i++) {
        sub(/:.*/, "", clauses[i])
        j = split(clauses[i], parts, /,? or |, /)
        for (words = 1; words <= j; words++)
            if (parts[words] ~ /^[a-z]+$/)
                list = list (list == "" ? "" : " ") parts[words]
    }
    return list
}

function kind_of(argument) {
    if (argument == "")
        return "flag"
    if (argument == "WORD" || argument == "LEVEL")
        return "words"
    if (argument == "DIR")
        return "folder"
    if (argument == "COMMAND")
        return "command"
    return argument == "FILE" || argument == "PATH" ? "file" : "text"
}

/^Usage: crmock/ {
    command = $3 ~ /^\[/ ? "serve" : $3
    commands[++command_count] = command
    usage[command] = substr($0, length("Usage: ") + 1)
    place[command] = $NF == "[OPTION...]" ? "" : $NF
    gsub(/[][]/, "", place[command])
    getline says[command]
}

/^ +(-.,)? *--[a-z]/ {
    match($0, /--[a-z-]+/)
    name = substr($0, RSTART, RLENGTH)
    key = command " " name
    rest = substr($0, RSTART + RLENGTH)
    if (match(rest, /^=[A-Z]+/)) {
        argument[key] = substr(rest, 2, RLENGTH - 1)
        rest = substr(rest, RLENGTH + 1)
    }
    sub(/^ +/, "", rest)
    told[key] = rest
    sub(/ \[\$CRMOCK_[A-Z_]+\]$/, "", rest)
    options[command, ++option_count[command]] = name
    help[key] = rest
    kind[key] = kind_of(argument[key])
}

function joined_commands(    i, list) {
    for (i = 1; i <= command_count; i++)
        list = list (i > 1 ? " " : "") commands[i]
    return list
}

END {
    for (i = 1; i <= command_count; i++)
        if (option_count[commands[i]] == 0)
            lacks = lacks " " commands[i]
    if (command_count < 2 || lacks != "") {
        print "no commands, or no options of one, in what --help says:" lacks > "/dev/stderr"
        exit 1
    }
}
