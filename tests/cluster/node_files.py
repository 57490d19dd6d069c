"""The configuration files of the node's programs."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cluster.settings import (
    BRIDGE,
    CONTAINERD_SOCKET,
    DNS_VIP,
    KUBECONFIG,
    NODE,
    PAUSE_IMAGE,
    PKI,
    POD_RANGE,
    STATE,
)

KUBELET_CONFIGURATION = STATE / "kubelet.json"
PROXY_CONFIGURATION = STATE / "proxy.json"
CONTAINERD_CONFIGURATION = STATE / "containerd.toml"
COREFILE = STATE / "Corefile"
CNI = STATE / "cni"


def write_node_files(proxy_kubeconfig: Path) -> None:
    CNI.mkdir(exist_ok=True)
    write_json(CNI / "10-bridge.conflist", network())
    write_json(KUBELET_CONFIGURATION, kubelet())
    write_json(PROXY_CONFIGURATION, proxy(proxy_kubeconfig))
    CONTAINERD_CONFIGURATION.write_text(containerd())
    COREFILE.write_text(corefile())


def write_json(path: Path, document: dict[str, object]) -> Path:
    path.write_text(json.dumps(document))
    return path


def network() -> dict[str, object]:
    """Pods hang on a bridge of this machine, so their addresses can be reached from it."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": POD_RANGE}]],
        "dataDir": str(STATE / "ipam"),
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "ipMasq": True, "hairpinMode": True}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "pods", "plugins": [{**bridge, "ipam": addresses}, ports]}


def kubelet() -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(PKI / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "serializeImagePulls": False,
        "syncFrequency": "10s",  # how soon a pod sees a Secret that comes late; a minute by default
        "tlsCertFile": str(PKI / "kubelet.crt"),
        "tlsPrivateKeyFile": str(PKI / "kubelet.key"),
        "clusterDNS": [DNS_VIP],
        "clusterDomain": "cluster.local",
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
    }


def proxy(kubeconfig: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": POD_RANGE,
        "hostnameOverride": NODE,
        "conntrack": {"maxPerCore": 0, "min": 0},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(kubeconfig)},
    }


def containerd() -> str:
    return f"""\
version = 2
root = "{STATE}/containerd"
state = "{STATE}/containerd-state"
[grpc]
  address = "{CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true  # a machine whose root lacks CAP_SYS_RESOURCE cannot lower a score
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{CNI}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
"""


def corefile() -> str:
    return f"""\
.:53 {{
    bind {DNS_VIP}
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {KUBECONFIG}
    }}
    cache 5
}}
"""
