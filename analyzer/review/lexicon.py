"""Words that a model's text is held against. People add to these lists."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Programs whose name in a recommendation, or after a word like `run`, is a command that somebody may paste.
COMMANDS = _words(
    "curl wget rm rmdir sudo su doas chmod chown chattr mkfs dd kill pkill killall systemctl initctl iptables "
    "ip6tables nft ufw firewall-cmd useradd userdel usermod groupadd groupdel visudo chpasswd passwd crontab apt "
    "apt-get aptitude dpkg rpm yum dnf zypper pacman apk snap pip pip3 npm npx gem cargo docker podman kubectl helm "
    "scp sftp rsync ncat netcat nc socat telnet tftp ftp python python3 perl ruby php lua node bash sh zsh dash ksh "
    "csh fish busybox eval exec source xargs nohup tee sed awk gawk base64 xxd openssl gpg ssh-keygen ssh-copy-id "
    "powershell pwsh cmd certutil mshta fsck e2fsck smartctl mdadm zpool umount insmod rmmod modprobe sysctl "
    "setenforce journalctl dmesg logrotate shred truncate history unset alias crond at atd tcpdump nmap mysql psql "
    "sqlite3 redis-cli git make gcc ln mv cp cat echo printf touch find grep tail head less vi vim nano reboot "
    "shutdown poweroff halt init telinit mount swapoff ip ifconfig route ethtool"
)
# Those of them that are words of English or of every log as well: a command only after a word like `run`.
WORDS_TOO = _words(
    "su source history at cat find make head tail less touch cut init mount node fish reboot shutdown halt route ip "
    "ftp telnet sftp php python perl ruby docker podman mysql openssl cmd exec snap dash git lua logrotate crond atd "
    "alias passwd at echo truncate"
)
# Those whose use one has to be able to tell: a command only where something to work on follows.
TOLD_OF = _words(
    "sudo su doas crontab apt apt-get dpkg rpm yum dnf snap useradd userdel usermod groupadd groupdel visudo iptables "
    "ip6tables nft ufw curl wget kill smartctl fsck mdadm zpool tcpdump nmap ssh-keygen rsync scp dmesg journalctl"
)
WORKED_ON = re.compile(r"\s+(?:[-/~.0-9]|\w+[./:@=]\w|(?P<other>[a-z][\w.-]*))")
VISIT = re.compile(
    r"\b(?:see|visit|contact|call|open|browse|go\s+to|mail|e-?mail|write\s+to|download|fetch|read|ask|follow|check|at)"
    r"\s+(?:the\s+)?(?:site\s+|page\s+|link\s+)?([^\s\"'<>()]+)"
)
RUN = re.compile(
    r"\b(?:run|execute|type|enter|invoke|issue|launch|paste|use|call|do|try|start|via|with)"
    r"\s+(?:the\s+)?(?:command\s+|program\s+|script\s+)?([a-z][a-z0-9._+-]*)"
)
SHELL = re.compile(
    r"[`$|<>\\{}~^*]|&&?|;\s*[a-z0-9_./-]+\s+[-/]|(?:^|\s)--?[A-Za-z][\w-]*|\$\(|\b\w+=\S|(?:^|\s)\./|\.sh\b"
)

URL = re.compile(r"\w+://|\bwww\.|\bhxxps?\b|\b(?:javascript|data|mailto|tel|file|ftp|ssh):\S|\[\.\]|\bdot\s+com\b")
MARKUP = re.compile(
    r"\]\s*\(|!\[|<\s*[/!?a-z@#:]|&(?:#\w+|[a-z]+);|\*\*|~~|\|\||(?:^|\s)#{1,6}\s|"
    r"@(?:everyone|here)\b"
)
# Names with a dot that are no hosts.
FILES = _words("service socket timer mount target slice scope path log conf cfg cnf ini yml yaml json d db gz")

# A model may add and word; it never calms.
CALM = re.compile(
    r"\ball\s+(?:is\s+|are\s+|was\s+|systems?\s+(?:are\s+|is\s+)?|looks?\s+)?(?:well|clear|fine|good|ok|okay|normal|"
    r"nominal|healthy|safe|secure|green)\b"
    r"|\b(?:everything|host|system|server|machine|log|logs|activity|traffic|behaviou?r)\s+(?:is|are|looks?|appears?|"
    r"seems?)"
    r"\s+(?:\w+\s+)?(?:well|clear|fine|good|ok|okay|normal|nominal|healthy|safe|secure|clean|expected)\b"
    r"|\bno\s+(?:\w+\s+){0,2}(?:issues?|problems?|findings?|threats?|concerns?|action|actions|anomal\w+|"
    r"incidents?|errors?|"
    r"attacks?|intrusions?|compromises?|need|reason|cause|risks?|danger|impact)\b"
    r"|\bnothing\s+(?:\w+\s+){0,2}(?:unusual|suspicious|wrong|bad|abnormal|to\s+\w+|of\s+note|happened|serious)\b"
    r"|\b(?:false\s+(?:positives?|alarms?)|benign|harmless|innocuous|safely|safe\s+to|expected\s+behaviou?r|"
    r"routine\s+maintenance|authori[sz]ed\s+(?:test|scan|change|activity|maintenance|penetration)|planned\s+(?:test|"
    r"maintenance)|white-?listed|allow-?listed|approved|can\s+be\s+(?:ignored|dismissed|closed|disregarded)|"
    r"not\s+(?:an?\s+)?(?:\w+\s+)?(?:attack|problem|issue|threat|serious|relevant|important|dangerous|"
    r"critical|concern\w*)"
    r"|already\s+(?:fixed|handled|resolved|known|mitigated)|test\s+(?:traffic|data|only|environment))\b"
)
# What speaks to the reader or of the review instead of the host.
INSTRUCTION = re.compile(
    r"\b(?:ignor(?:e|ing)|disregard\w*|forget|dismiss\w*|discard(?:ing)?\s+(?:this|the|all|any|it)\b|suppress(?:ing)?|"
    r"downgrad\w+|lower(?:ed|ing)?\s+(?:the\s+|its\s+)?"
    r"(?:severity|priority)|clos(?:e|ed|ing)\s+(?:the\s+|this\s+|all\s+)?(?:finding|alert|incident|ticket)s?|"
    r"acknowledg\w+|silenc\w+|mut(?:e|ed|ing)|"
    r"resolv(?:e|ed|ing)\s+(?:the\s+|this\s+|all\s+|every\s+)?(?:finding|alert|incident)s?|"
    r"mark(?:ed|ing)?\s+(?:\w+\s+){0,3}as|health\s*score|score|severity|findings|"
    r"(?:the|this|that|a|any|each|every|no)\s+finding|instructions?|prompt|jailbreak|"
    r"developer\s+mode|language\s+model|as\s+an?\s+ai|obey\w*|compl(?:y|ied|ying)|injected|pwned|"
    r"disabl(?:e|ing)\s+(?:the\s+)?"
    r"(?:review|monitoring|alert\w*|logging|audit\w*|firewall|rules?))\b"
)

VALUES = _words(
    "two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13 fourteen=14 "
    "fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50 sixty=60 "
    "seventy=70 eighty=80 ninety=90 twice=2 thrice=3 double=2 triple=3"
)
NUMBERS = {word: int(number) for word, _, number in (value.partition("=") for value in VALUES)}
MANY = _words("dozen dozens hundred hundreds thousand thousands million millions billion billions")

# After `user`, `host` and the like stands a name, unless it is one of these.
NAMED = re.compile(
    r"\b(?:(?:user|username|account|host|hostname|machine|node|domain)s?\s+|(?:named|called)\s+)"
    r"(?:named\s+|called\s+|name\s+)?([a-z][\w.-]*)"
)
FOLLOWERS = _words(
    "is are was were has have had be been being may might can could will would should must does do did not and or but "
    "nor that which who whose when where while after before during since until because as if than then so to from by "
    "on in at of for with without within under over into through about against across via per the a an this these "
    "those it its there name names named password passwords key keys login logins logon logons address addresses "
    "failure failures failed fails fail failing error errors lookup lookups access attempt attempts activity "
    "authentication authorization session sessions process processes service services crashed crashes crash restarted "
    "restarts restart stopped stops stop started starts start running ran runs log logs logged logging memory disk "
    "disks storage load reported reports report reporting appears appeared seems seemed looks looked shows showed "
    "shown ran creation created creates removal removed deleted added changed changes change locked lockout disabled "
    "enabled enumeration accounts management manager system side certificate certificates connection connections "
    "closed rejected refused dropped lost again repeatedly twice once still now only also itself themselves whose "
    "configuration health state status unit units file files using used uses tried tries trying became becomes "
    "went goes got gets needs need needed requires ready unreachable unavailable offline online down up reset resets "
    "timeout timeouts timed response responses request requests returned returns rebooted reboots reboot hung hangs "
    "behind below above near exists mapping agent software hardware accepted denied ran privileges rights list"
)
