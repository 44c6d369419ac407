"""Where does Alertmanager call again and again while the chain of alerts is whole?"""

import json

import yaml

from stack.problem import Problem

RECEIVER = "watchdog"


def calling(text: str, url: str) -> str:
    """alertmanager.yml with the URL at its receiver `watchdog`; `Problem` where there is none that waits for one."""
    lines = text.splitlines(keepends=True)
    name = _waiting(text)
    told = f"webhook_configs: [{{url: {json.dumps(url)}, send_resolved: false}}]"
    # In the column of `name`, on the line after it.
    lines.insert(name.start_mark.line + 1, " " * name.start_mark.column + told + "\n")
    return "".join(lines)


def _waiting(text: str) -> yaml.ScalarNode:
    """The key `name` of the receiver, which has nothing but its name yet."""
    tree = yaml.compose(text, Loader=yaml.SafeLoader)
    for key, receivers in tree.value if isinstance(tree, yaml.MappingNode) else ():
        for receiver in receivers.value if key.value == "receivers" else ():
            entries = receiver.value if isinstance(receiver, yaml.MappingNode) and not receiver.flow_style else ()
            names = [key for key, value in entries if value.value == RECEIVER]
            if len(entries) == len(names) == 1 and isinstance(names[0], yaml.ScalarNode):
                return names[0]
    raise Problem(f"alertmanager.yml has no receiver `- name: {RECEIVER}` without configs, where its URL could go")
