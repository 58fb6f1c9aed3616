# awk -f help.awk -f man.awk: the synopsis and the commands, as help2man includes them. Options of serve stand in what it makes itself.

function roff(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    return text ~ /^[.']/ ? "\\&" text : text
}

# "crmock check [OPTION...] DIR": words in capitals are what stands for something else.
function synopsis(usage,    name) {
    match(usage, /^[a-z ]+[a-z]/)
    name = substr(usage, 1, RLENGTH)
    usage = substr(usage, RLENGTH + 1)
    gsub(/[A-Z]+/, "\\fI&\\fR", usage)
    return "\\fB" name "\\fR" usage
}

function described(command,    j, name, key) {
    printf ".SS %s\n%s\n", roff(usage[command]), roff(says[command])
    for (j = 1; j <= option_count[command]; j++) {
        name = options[command, j]
        key = command " " name
        printf ".TP\n\\fB%s\\fR%s\n%s\n", roff(name), (argument[key] == "" ? "" : "=\\fI" argument[key] "\\fR"), roff(told[key])
    }
}

END {
    print "[=synopsis]"
    for (i = 1; i <= command_count; i++)
        printf "%s%s\n", (i > 1 ? ".br\n" : ""), synopsis(usage[commands[i]])
    print "\n[commands]"
    print ".SS crmock serve"
    print "What it does without a command. Its options are those above."
    for (i = 1; i <= command_count; i++)
        if (commands[i] != "serve")
            described(commands[i])
}
