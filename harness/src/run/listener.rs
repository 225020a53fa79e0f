//! Which process listens on a port of this machine, so that a system that was started by somebody
//! else can be sampled too.

use std::net::IpAddr;

use reqwest::Url;

/// The process behind a URL: the one that listens on its port, if the host is this machine and the
/// process may be looked at. Of several that share the socket, the one that started the others.
pub(super) fn process_behind(url: &Url) -> Option<u32> {
    let host = url.host_str()?.trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    if !is_here {
        return None;
    }
    let port = url.port_or_known_default()?;
    let inodes: Vec<u64> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .flat_map(|table| listening_inodes(&table, port))
        .collect();
    if inodes.is_empty() {
        return None;
    }
    let processes = std::fs::read_dir("/proc").ok()?;
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| holds_socket(*pid, &inodes))
        .min()
}

/// Inodes of the sockets in state LISTEN on a port, from the kernel's table.
fn listening_inodes(table: &str, port: u16) -> Vec<u64> {
    const LISTEN: &str = "0A";
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
            let matches = u16::from_str_radix(local_port, 16).ok()? == port;
            (matches && *fields.get(3)? == LISTEN).then(|| fields.get(9)?.parse().ok())?
        })
        .collect()
}

fn holds_socket(pid: u32, inodes: &[u64]) -> bool {
    let Ok(files) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    files.flatten().any(|file| {
        let Ok(target) = std::fs::read_link(file.path()) else {
            return false;
        };
        let inode = target.to_str().and_then(|name| {
            name.strip_prefix("socket:[")?
                .strip_suffix(']')?
                .parse()
                .ok()
        });
        inode.is_some_and(|inode| inodes.contains(&inode))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_by_the_port_it_listens_on() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        assert_eq!(process_behind(&url), Some(std::process::id()));
        drop(listener);
        assert_eq!(process_behind(&url), None);
    }

    #[test]
    fn another_machine_is_not_searched() {
        assert_eq!(
            process_behind(&"http://192.0.2.1:80/".parse().unwrap()),
            None
        );
    }

    #[test]
    fn only_listening_sockets_of_the_port_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1BBC 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1
   1: 0100007F:1BBC 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1
   2: 0100007F:1BBD 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1
";
        assert_eq!(listening_inodes(table, 7100), [4711]);
    }
}
