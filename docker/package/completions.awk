# crmock --help | awk -v shell=bash|zsh|fish -v commands="..." -f completions.awk: what that shell completes crmock's options with.

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
    return argument == "FILE" || argument == "PATH" ? "file" : "text"
}

/^ +(-.,)? *--[a-z]/ {
    match($0, /--[a-z-]+/)
    name = substr($0, RSTART, RLENGTH)
    rest = substr($0, RSTART + RLENGTH)
    argument = ""
    if (match(rest, /^=[A-Z]+/)) {
        argument = substr(rest, 2, RLENGTH - 1)
        rest = substr(rest, RLENGTH + 1)
    }
    sub(/^ +/, "", rest)
    sub(/ \[\$CRMOCK_[A-Z_]+\]$/, "", rest)
    options[++count] = name
    arguments[name] = argument
    helps[name] = rest
    kinds[name] = kind_of(argument)
}

function bash_case(kind, answer,    i, names) {
    for (i = 1; i <= count; i++)
        if (kinds[options[i]] == kind)
            names = names (names == "" ? "" : "|") options[i]
    if (names != "")
        printf "    %s)\n        %s\n        return ;;\n", names, answer
}

function bash(    i) {
    print "# bash completion for crmock"
    print "_crmock() {"
    print "    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}"
    print "    COMPREPLY=()"
    print "    # bash takes --name=value for three words."
    print "    if [[ $word == = ]]; then"
    print "        word="
    print "    elif [[ $option == = ]]; then"
    print "        option=${COMP_WORDS[COMP_CWORD - 2]}"
    print "    fi"
    print "    case $option in"
    for (i = 1; i <= count; i++)
        if (kinds[options[i]] == "words")
            printf "    %s)\n        mapfile -t COMPREPLY < <(compgen -W \"%s\" -- \"$word\")\n        return ;;\n", options[i], words_of(helps[options[i]])
    bash_case("folder", "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$word\")")
    bash_case("file", "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")")
    bash_case("text", ":")
    print "    esac"
    print "    if [[ $word == -* ]]; then"
    printf "        mapfile -t COMPREPLY < <(compgen -W \""
    for (i = 1; i <= count; i++)
        printf "%s%s", (i > 1 ? " " : ""), options[i]
    print "\" -- \"$word\")"
    print "    elif [[ $COMP_CWORD -eq 1 ]]; then"
    printf "        mapfile -t COMPREPLY < <(compgen -W \"%s\" -- \"$word\")\n", commands
    print "    fi"
    print "}"
    print "complete -F _crmock crmock"
}

function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

function zsh(    i, name, help, action) {
    print "#compdef crmock"
    print "_arguments \\"
    for (i = 1; i <= count; i++) {
        name = options[i]
        help = helps[name]
        gsub(/\\/, "\\\\", help)
        gsub(/\[/, "\\[", help)
        gsub(/\]/, "\\]", help)
        action = kinds[name] == "words" ? "(" words_of(helps[name]) ")" : kinds[name] == "folder" ? "_files -/" : kinds[name] == "file" ? "_files" : " "
        printf "    %s \\\n", quoted((help ~ /repeatable/ ? "*" : "") name (kinds[name] == "flag" ? "" : "=") "[" help "]" \
            (kinds[name] == "flag" ? "" : ":" arguments[name] ":" action))
    }
    printf "    %s\n", quoted("1:command:(" commands ")")
}

function fish(    i, name, rest) {
    print "# fish completion for crmock"
    printf "complete -c crmock -f -n __fish_use_subcommand -a %s\n", quoted(commands)
    for (i = 1; i <= count; i++) {
        name = options[i]
        rest = kinds[name] == "flag" ? "-f" : kinds[name] == "words" ? "-x -a " quoted(words_of(helps[name])) : \
            kinds[name] == "folder" ? "-x -a '(__fish_complete_directories)'" : kinds[name] == "file" ? "-r -F" : "-x"
        printf "complete -c crmock -l %s %s -d %s\n", substr(name, 3), rest, quoted(helps[name])
    }
}

END {
    if (count == 0) {
        print "no options in what --help says" > "/dev/stderr"
        exit 1
    }
    if (shell == "bash")
        bash()
    else if (shell == "zsh")
        zsh()
    else
        fish()
}
