"""The life of consents, driven through two servers' doors and judged by an oracle that knows the law and no code."""
